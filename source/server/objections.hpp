#pragma once
// What stands against a request before any handler sees it: its form, who sends it, from where, and for whom.

#include "http/problem.hpp"
#include "server/client_link.hpp"
#include "server/request_context.hpp"
#include "server/request_reader.hpp"
#include "server/router.hpp"

#include <optional>

namespace millrace::server {

/// Each of these counts what it answers, where the reader has not done so.
http::problem problem_of_head(const client_link& link, const incoming_head& incoming);
http::problem problem_of_target(const client_link& link);
http::problem problem_of_body(const client_link& link, read_outcome outcome);

/// Who may do what: the one place where it is decided. Without the API token nothing passes but what the
/// route opens. Sets the context's address, what its response tells web pages, and whether it is authorised.
std::optional<http::problem> find_objection(const client_link& link, request_context& context,
                                            const route_match& match);

}  // namespace millrace::server
