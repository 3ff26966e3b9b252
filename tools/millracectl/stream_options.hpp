#pragma once
// The options of `create`, checked as far as this side can know.

#include <string>
#include <string_view>
#include <utility>

namespace millrace::ctl {

/// `Name: value` (RFC 9110 §5) into its two halves. Throws usage_error.
std::pair<std::string, std::string> parse_header(std::string_view text);
/// `key=value` into its two halves; the value may be empty and hold further equals signs. Throws usage_error.
std::pair<std::string, std::string> parse_metadata(std::string_view text);

}  // namespace millrace::ctl
