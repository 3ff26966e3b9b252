#include "http/conditional.hpp"

#include "http/characters.hpp"

#include <spdlog/fmt/fmt.h>

#include <charconv>

namespace millrace::http {

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

constexpr character_set etag_characters =
    make_character_set([](unsigned char c) { return c > 0x20 && c != '"' && c != 0x7f; });

/// The quoted part of a well-formed entity tag; empty when it is none.
std::string_view opaque_tag(std::string_view etag) noexcept {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  const bool quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return quoted && consists_of(etag_characters, etag.substr(1, etag.size() - 2)) ? etag : std::string_view();
}

/// Takes the next entity tag off a list; empty when there is none or the list is malformed.
std::string_view take_etag(std::string_view& list) noexcept {
  while (!list.empty() && (list.front() == ' ' || list.front() == '\t' || list.front() == ','))
    list.remove_prefix(1);
  const std::size_t open = list.starts_with("W/") ? 2 : 0;
  if (list.size() <= open || list[open] != '"') return {};
  const auto close = list.find('"', open + 1);
  if (close == std::string_view::npos) return {};
  const auto etag = list.substr(0, close + 1);
  list.remove_prefix(close + 1);
  return etag;
}

/// Reads a date from left to right; after the first mismatch everything fails.
class date_reader {
 public:
  explicit date_reader(std::string_view text) noexcept : rest_(text) {}

  bool ok() const noexcept { return ok_ && rest_.empty(); }

  void literal(std::string_view expected) noexcept {
    ok_ = ok_ && rest_.starts_with(expected);
    if (ok_) rest_.remove_prefix(expected.size());
  }

  /// The index of the name found.
  template <std::size_t N>
  unsigned name(const std::array<std::string_view, N>& names) noexcept {
    for (unsigned i = 0; ok_ && i < N; ++i) {
      if (!rest_.starts_with(names[i])) continue;
      rest_.remove_prefix(names[i].size());
      return i;
    }
    ok_ = false;
    return 0;
  }

  /// Exactly so many digits; a leading space may stand for a zero in asctime.
  int number(std::size_t digits, bool padded = false) noexcept {
    auto text = rest_.substr(0, digits);
    const auto size = text.size();
    if (padded && text.starts_with(' ')) text.remove_prefix(1);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    ok_ = ok_ && size == digits && error == std::errc{} && end == text.data() + text.size();
    if (ok_) rest_.remove_prefix(digits);
    return ok_ ? static_cast<int>(value) : 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct date_parts {
  int year = 0;
  unsigned month = 0;  // from 0
  int day = 0, hour = 0, minute = 0, second = 0;
};

void read_clock(date_reader& in, date_parts& parts) noexcept {
  parts.hour = in.number(2);
  in.literal(":");
  parts.minute = in.number(2);
  in.literal(":");
  parts.second = in.number(2);
}

std::optional<std::chrono::sys_seconds> to_time(const date_parts& parts) {
  namespace chrono = std::chrono;
  const chrono::year_month_day date{chrono::year(parts.year), chrono::month(parts.month + 1),
                                    chrono::day(static_cast<unsigned>(parts.day))};
  // 60 is a leap second.
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  return chrono::sys_days(date) + chrono::hours(parts.hour) + chrono::minutes(parts.minute) +
         chrono::seconds(parts.second);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<date_parts> read_fixdate(std::string_view text) noexcept {
  date_reader in(text);
  date_parts parts;
  in.name(days);
  in.literal(", ");
  parts.day = in.number(2);
  in.literal(" ");
  parts.month = in.name(months);
  in.literal(" ");
  parts.year = in.number(4);
  in.literal(" ");
  read_clock(in, parts);
  in.literal(" GMT");
  return in.ok() ? std::optional(parts) : std::nullopt;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"; a year more than 50 years ahead is one of the last century.
std::optional<date_parts> read_rfc850(std::string_view text) noexcept {
  date_reader in(text);
  date_parts parts;
  in.name(long_days);
  in.literal(", ");
  parts.day = in.number(2);
  in.literal("-");
  parts.month = in.name(months);
  in.literal("-");
  const int short_year = in.number(2);
  in.literal(" ");
  read_clock(in, parts);
  in.literal(" GMT");
  if (!in.ok()) return std::nullopt;
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const int this_year = static_cast<int>(std::chrono::year_month_day(today).year());
  parts.year = this_year - this_year % 100 + short_year;
  if (parts.year > this_year + 50) parts.year -= 100;
  return parts;
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<date_parts> read_asctime(std::string_view text) noexcept {
  date_reader in(text);
  date_parts parts;
  in.name(days);
  in.literal(" ");
  parts.month = in.name(months);
  in.literal(" ");
  parts.day = in.number(2, true);
  in.literal(" ");
  read_clock(in, parts);
  in.literal(" ");
  parts.year = in.number(4);
  return in.ok() ? std::optional(parts) : std::nullopt;
}

}  // namespace

bool is_strong(std::string_view etag) noexcept {
  return !etag.starts_with("W/") && !opaque_tag(etag).empty();
}

bool strong_match(std::string_view a, std::string_view b) noexcept {
  return is_strong(a) && a == b;
}

bool weak_match(std::string_view a, std::string_view b) noexcept {
  const auto tag = opaque_tag(a);
  return !tag.empty() && tag == opaque_tag(b);
}

bool same_version(const validator& first, const validator& other) noexcept {
  if (is_strong(first.etag)) return first.etag == other.etag;
  return first.last_modified == other.last_modified;
}

bool if_range_holds(std::string_view if_range, const validator& current) noexcept {
  if_range = trim(if_range);
  if (if_range.starts_with('"') || if_range.starts_with("W/")) return strong_match(if_range, current.etag);
  return !if_range.empty() && if_range == current.last_modified && parse_http_date(if_range);
}

bool if_none_match_hits(std::string_view if_none_match, const validator& current) noexcept {
  if_none_match = trim(if_none_match);
  if (if_none_match == "*") return true;
  for (;;) {
    const auto etag = take_etag(if_none_match);
    if (etag.empty()) return false;
    if (weak_match(etag, current.etag)) return true;
  }
}

bool if_modified_since_hits(std::string_view if_modified_since, const validator& current) noexcept {
  const auto since = parse_http_date(trim(if_modified_since));
  const auto modified = parse_http_date(current.last_modified);
  return since && modified && *modified <= *since;
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  auto parts = read_fixdate(text);
  if (!parts) parts = read_rfc850(text);
  if (!parts) parts = read_asctime(text);
  return parts ? to_time(*parts) : std::nullopt;
}

std::string format_http_date(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace millrace::http
