#pragma once
// Which header fields may be given by a client to be sent upstream, and which are never passed on.

#include "core/error.hpp"
#include "http/message.hpp"

#include <string_view>

namespace millrace::http {

/// Connection, Keep-Alive, Proxy-*, TE, Trailer, Transfer-Encoding, Upgrade (RFC 9110 §7.6.1).
bool is_hop_by_hop(std::string_view name) noexcept;

/// A name that a user may not give for upstream requests: Host, Range, If-*, Accept-Encoding, Content-*,
/// Expect and hop-by-hop ones.
bool is_reserved(std::string_view name) noexcept;

/// Authorization, Proxy-Authorization and Cookie: only ever for the origin they were given for.
bool is_credential(std::string_view name) noexcept;

/// "Name: value" → field. errc::invalid_header for a reserved name, a name that is no token, a missing colon,
/// or CR, LF, NUL or other control characters (but tab) in the value. White space around the value goes.
result<field> parse_given_header(std::string_view line);
/// The same for a name and a value that came apart.
result<field> check_given_header(std::string_view name, std::string_view value);

}  // namespace millrace::http
