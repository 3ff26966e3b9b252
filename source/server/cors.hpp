#pragma once
// Cross-origin access (Fetch Standard §3.3): players in web pages may read media responses, pages of a named
// origin the control plane's.

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace millrace::server {

/// Any page may read this response and the fields that players need. Not for answers of private upstreams.
void add_cors(http::field_list& fields);
/// These fields alone.
http::field_list open_to_all();
/// Pages of this origin (or `*`) may read the response of a control route.
void add_cors_for(http::field_list& fields, const std::string& origin);
/// What a preflight asks for, beside add_cors(). `allow` is the route's list of methods.
void add_preflight(http::field_list& fields, std::string_view allow);
/// Answers Access-Control-Request-Private-Network (WICG Private Network Access §3.1): pages of a public site
/// may send requests to this private address. For control routes and named origins only.
void add_private_network(http::field_list& fields, const http::field_list& asked);

}  // namespace millrace::server
