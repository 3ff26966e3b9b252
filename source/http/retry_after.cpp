#include "http/retry_after.hpp"

#include "http/conditional.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace millrace::http {

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::chrono::sys_seconds now) {
  using std::chrono::seconds;
  if (value.empty()) return std::nullopt;
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    std::uint32_t count = 0;
    const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), count);
    return seconds(ec == std::errc() ? count : std::numeric_limits<std::uint32_t>::max());
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::max(seconds(0), *date - now);
}

}  // namespace millrace::http
