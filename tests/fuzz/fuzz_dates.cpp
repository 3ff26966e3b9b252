// Lines: a date or Retry-After, an ETag, a list of ETags or dates from a client. Dates come back when they
// are written, waits are never negative, and comparisons agree with each other.

#include "fuzzing.hpp"
#include "http/conditional.hpp"
#include "http/retry_after.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace {

using namespace millrace;

void check_date(std::string_view text) {
  const auto date = http::parse_http_date(text);
  if (!date) return;
  const auto written = http::format_http_date(*date);
  fuzz::require(http::parse_http_date(written) == date);
  fuzz::require(written.size() == 29 && written.ends_with(" GMT"));
  const http::validator dated{.etag = {}, .last_modified = written};
  fuzz::require(http::if_modified_since_hits(text, dated) && http::if_range_holds(written, dated));
}

void check_wait(std::string_view text) {
  const std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};
  const auto wait = http::parse_retry_after(text, now);
  if (!wait) return;
  fuzz::require(wait->count() >= 0);
  fuzz::require(http::parse_retry_after(std::to_string(wait->count()), now).has_value());
  if (const auto date = http::parse_http_date(text)) fuzz::require(*wait == std::max(*date - now, {}));
}

void check_tags(std::string_view one, std::string_view other) {
  fuzz::require(http::strong_match(one, other) == http::strong_match(other, one));
  fuzz::require(http::weak_match(one, other) == http::weak_match(other, one));
  if (http::strong_match(one, other))
    fuzz::require(one == other && http::is_strong(one) && http::weak_match(one, other));
  if (!http::is_strong(one)) return;
  const http::validator current{.etag = std::string(one), .last_modified = {}};
  fuzz::require(http::strong_match(one, one) && http::if_range_holds(one, current));
  fuzz::require(http::if_none_match_hits(one, current) && http::if_none_match_hits("*", current));
  fuzz::require(http::if_none_match_hits("\"-\", W/" + std::string(one) + ",\"\"", current));
  fuzz::require(!http::if_range_holds("W/" + std::string(one), current));
  fuzz::require(http::same_version(current, current));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::to_text(data, size);
  std::array<std::string_view, 3> lines;
  for (auto& line : lines) {
    const auto end = std::min(text.find('\n'), text.size());
    line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto& [date, tag, asked] = lines;
  check_date(date);
  check_wait(date);
  check_tags(tag, asked);
  const http::validator current{.etag = std::string(tag), .last_modified = std::string(date)};
  http::if_range_holds(asked, current);
  http::if_none_match_hits(asked, current);
  http::if_modified_since_hits(asked, current);
  fuzz::require(http::same_version(current, current));
  return 0;
}
