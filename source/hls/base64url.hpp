#pragma once
// base64url without padding (RFC 4648 §5).

#include <optional>
#include <string>
#include <string_view>

namespace millrace::hls {

void append_base64url(std::string& out, std::string_view bytes);
/// Strict: no padding, no other characters, no bits left over. So each value has one spelling.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace millrace::hls
