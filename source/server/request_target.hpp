#pragma once
// The request target (RFC 9112 §3.2), taken apart.

#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::server {

/// Views into the request head.
struct request_target {
  std::string path;        ///< percent-decoded, "*" for the server as a whole
  std::string_view query;  ///< as sent, without the '?'
  std::string_view host;   ///< of the absolute form, else of Host, with the port; may be empty
};

/// nullopt for anything but origin-form, absolute-form of http(s), and "*" with OPTIONS.
std::optional<request_target> parse_target(const http::request_head& request);

}  // namespace millrace::server
