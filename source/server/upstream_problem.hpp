#pragma once
// An upstream failure before the first byte → the problem document that the client gets.

#include "core/error.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace millrace::server {

struct upstream_problem {
  http::problem problem;
  http::field_list fields;  ///< Retry-After, WWW-Authenticate
};

/// An upstream 401, 403, 404, 410 or 416 keeps its status.
upstream_problem explain(const failure& cause);
/// The same for a client that does not know the upstream, and is not to learn of it.
upstream_problem explain_sealed(const failure& cause);

}  // namespace millrace::server
