#pragma once
// Heads → bytes (RFC 9112 §3, §4), serialised by Beast: fields of one name stand together. A name or value
// with CR, LF or NUL cannot get through: response splitting is impossible by construction.

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace millrace::http {

/// "GET /target HTTP/1.1\r\n…\r\n\r\n". Throws std::invalid_argument for bytes that would break the framing,
/// std::length_error for a field beyond 64 KiB.
std::string write_request_head(std::string_view method, std::string_view target, const field_list& fields);
/// Status line with the standard reason phrase, the fields, the empty line. Throws as above.
std::string write_response_head(unsigned status, const field_list& fields);
/// The usual reason phrase, or "Unknown".
std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace millrace::http
