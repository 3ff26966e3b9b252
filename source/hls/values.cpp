#include "hls/values.hpp"

#include "http/characters.hpp"

#include <charconv>

namespace millrace::hls {

namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text) noexcept {
  text = http::trim(text);
  std::int64_t number = 0;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > largest_number)
    return std::nullopt;
  return number;
}

std::optional<std::chrono::microseconds> parse_seconds(std::string_view text) noexcept {
  constexpr std::int64_t second = 1'000'000;
  constexpr std::int64_t longest = std::int64_t{1} << 40;
  text = http::trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || (!is_digit(text.front()) && text.front() != '.')) return std::nullopt;
  std::int64_t whole = 0;
  while (!text.empty() && is_digit(text.front())) {
    whole = whole * 10 + (text.front() - '0');
    if (whole > longest) return std::nullopt;
    text.remove_prefix(1);
  }
  std::int64_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    for (std::int64_t unit = second / 10; !text.empty() && is_digit(text.front()); unit /= 10) {
      fraction += unit * (text.front() - '0');
      text.remove_prefix(1);
    }
  }
  const auto total = whole * second + fraction;
  return std::chrono::microseconds(negative ? -total : total);
}

std::optional<sub_range> parse_sub_range(std::string_view text) noexcept {
  const auto at = text.find('@');
  const auto length = parse_number(text.substr(0, at));
  if (!length) return std::nullopt;
  sub_range range{*length};
  if (at == std::string_view::npos) return range;
  range.offset = parse_number(text.substr(at + 1));
  return range.offset ? std::optional(range) : std::nullopt;
}

}  // namespace millrace::hls
