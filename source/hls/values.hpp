#pragma once
// Values of tags (draft-pantos-hls-rfc8216bis §4.2).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::hls {

/// Larger sequence numbers are refused, so that sums of them never overflow.
inline constexpr std::int64_t largest_number = std::int64_t{1} << 60;

/// decimal-integer: digits alone, at most `largest_number`.
std::optional<std::int64_t> parse_number(std::string_view text) noexcept;

/// decimal-floating-point, also signed: seconds at the front of `text`, whatever follows (EXTINF has a title
/// there). Digits beyond the microsecond are dropped.
std::optional<std::chrono::microseconds> parse_seconds(std::string_view text) noexcept;

/// `<n>[@<o>]` of EXT-X-BYTERANGE.
struct sub_range {
  std::int64_t length = 0;
  std::optional<std::int64_t> offset = {};
};
std::optional<sub_range> parse_sub_range(std::string_view text) noexcept;

}  // namespace millrace::hls
