#pragma once
// The first upstream answer of a request: what to ask for, and what the answer means for the client's Range
// (RFC 9110 §13, §14).

#include "http/message.hpp"
#include "http/range_header.hpp"
#include "transfer/chunk_plan.hpp"
#include "transfer/resource.hpp"
#include "upstream/request_profile.hpp"

#include <optional>

namespace millrace::transfer {

/// The client's Range, if it is one that counts.
std::optional<http::requested_range> client_range(const http::request_head& request);

/// The first bytes to ask the upstream for. One byte is enough for a HEAD. `known_total` is a guess from
/// earlier requests: it only saves a long suffix from coming over one connection.
upstream::wanted first_wanted(const std::optional<http::requested_range>& range, bool head_only,
                              std::optional<byte_offset> known_total, const plan_limits& limits);

/// What the client gets.
struct response_plan {
  enum class kind { whole, partial, not_modified, unsatisfiable };
  kind what = kind::whole;
  byte_range range;  ///< of whole and partial
};

/// If-None-Match and If-Modified-Since first, then If-Range, then Range (RFC 9110 §13.2.2).
response_plan plan_response(const http::request_head& request,
                            const std::optional<http::requested_range>& range, const resource& of,
                            byte_offset total);

}  // namespace millrace::transfer
