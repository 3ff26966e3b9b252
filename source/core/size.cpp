#include "core/size.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace millrace {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Takes a trailing K, M or G off the text; 1 without one.
std::uint64_t take_unit(std::string_view& text) noexcept {
  std::uint64_t unit = 1;
  switch (text.empty() ? '\0' : text.back()) {
    case 'k':
    case 'K':
      unit = std::uint64_t{1} << 10;
      break;
    case 'm':
    case 'M':
      unit = std::uint64_t{1} << 20;
      break;
    case 'g':
    case 'G':
      unit = std::uint64_t{1} << 30;
      break;
    default:
      return 1;
  }
  text.remove_suffix(1);
  return unit;
}

/// Whole bytes in 0.`digits` units. From the last digit to the first, because then cutting off is exact.
std::uint64_t fraction_of(std::string_view digits, std::uint64_t unit) noexcept {
  std::uint64_t bytes = 0;
  for (std::size_t i = digits.size(); i-- > 0;) {
    bytes = (static_cast<std::uint64_t>(digits[i] - '0') * unit + bytes) / 10;
  }
  return bytes;
}

}  // namespace

result<std::uint64_t> parse_size(std::string_view text) {
  const std::uint64_t unit = take_unit(text);
  std::string_view fraction;
  if (const auto dot = text.find('.'); dot != std::string_view::npos) {
    fraction = text.substr(dot + 1);
    text = text.substr(0, dot);
    if (fraction.empty()) return errc::invalid_size;
    for (const char c : fraction) {
      if (!is_digit(c)) return errc::invalid_size;
    }
  }
  if (text.empty() || !is_digit(text.front())) return errc::invalid_size;
  std::uint64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc{} || end != text.data() + text.size()) return errc::invalid_size;

  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t part = fraction_of(fraction, unit);
  if (whole > (most - part) / unit) return errc::invalid_size;
  return whole * unit + part;
}

std::string format_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 6> units{" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  std::size_t unit = 0;
  std::uint64_t whole = bytes / 1024;
  std::uint64_t rest = bytes % 1024;  // in 1024ths of the unit
  const auto tenths = [&] { return whole * 10 + (rest * 10 + 512) / 1024; };
  while (tenths() >= 10240) {
    rest = whole % 1024;
    whole /= 1024;
    ++unit;
  }
  std::string text = std::to_string(tenths() / 10);
  if (tenths() % 10 != 0) text.append(".").append(std::to_string(tenths() % 10));
  return text.append(units[unit]);
}

}  // namespace millrace
