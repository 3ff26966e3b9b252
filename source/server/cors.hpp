#pragma once
// Cross-origin access to media responses (Fetch Standard §3.3): players in web pages may read them.

#include "http/message.hpp"

namespace millrace::server {

/// Any page may read this response and the fields that players need. Not for answers of private upstreams.
void add_cors(http::field_list& fields);
/// These fields alone.
http::field_list open_to_all();
/// What a preflight asks for, beside add_cors(). `allow` is the route's list of methods.
void add_preflight(http::field_list& fields, std::string_view allow);

}  // namespace millrace::server
