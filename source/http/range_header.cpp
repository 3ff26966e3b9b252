#include "http/range_header.hpp"

#include "http/characters.hpp"
#include "http/message.hpp"

#include <charconv>
#include <limits>

namespace millrace::http {

namespace {

/// Digits only, all of them.
std::optional<byte_offset> parse_number(std::string_view text) noexcept {
  byte_offset value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A position beyond 64 bits lies behind every end (RFC 9110 §14.1.2: numerals may be of any size).
std::optional<byte_offset> parse_position(std::string_view text) noexcept {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) return std::nullopt;
  return parse_number(text).value_or(std::numeric_limits<byte_offset>::max());
}

/// Takes the unit and what follows it off; false for other units.
bool take_bytes_unit(std::string_view& text, char separator) noexcept {
  constexpr std::string_view unit = "bytes";
  if (text.size() <= unit.size() || !equal_ignoring_case(text.substr(0, unit.size()), unit)) return false;
  if (text[unit.size()] != separator) return false;
  text.remove_prefix(unit.size() + 1);
  return true;
}

}  // namespace

std::optional<requested_range> parse_range(std::string_view value) {
  value = trim(value);
  if (!take_bytes_unit(value, '=')) return std::nullopt;
  value = trim(value);
  const auto dash = value.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto before = value.substr(0, dash);
  const auto after = value.substr(dash + 1);
  if (before.empty()) {
    const auto length = parse_position(after);
    if (!length) return std::nullopt;
    return range_suffix{*length};
  }
  const auto first = parse_position(before);
  if (!first) return std::nullopt;
  if (after.empty()) return range_from{*first, std::nullopt};
  const auto last = parse_position(after);
  if (!last || *last < *first) return std::nullopt;
  return range_from{*first, last};
}

std::optional<byte_range> resolve(const requested_range& range, byte_offset total) {
  if (const auto* suffix = std::get_if<range_suffix>(&range)) {
    if (suffix->length == 0 || total == 0) return std::nullopt;
    return byte_range{total - std::min(suffix->length, total), total};
  }
  const auto& from = std::get<range_from>(range);
  if (from.first >= total) return std::nullopt;
  return byte_range{from.first, std::min(from.last.value_or(total - 1), total - 1) + 1};
}

std::string format_range(byte_range range) {
  return "bytes=" + std::to_string(range.begin) + "-" + std::to_string(range.end - 1);
}

std::string format_content_range(byte_range range, byte_offset total) {
  return "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" +
         std::to_string(total);
}

std::string format_unsatisfied_range(byte_offset total) {
  return "bytes */" + std::to_string(total);
}

std::optional<content_range> parse_content_range(std::string_view value) {
  value = trim(value);
  if (!take_bytes_unit(value, ' ')) return std::nullopt;
  value = trim(value);
  const auto slash = value.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto range = value.substr(0, slash);
  const auto total = value.substr(slash + 1);
  content_range parsed;
  if (total != "*") {
    parsed.total = parse_number(total);
    if (!parsed.total) return std::nullopt;
  }
  if (range == "*") return parsed.total ? std::optional(parsed) : std::nullopt;

  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_number(range.substr(0, dash));
  const auto last = parse_number(range.substr(dash + 1));
  if (!first || !last || *last < *first || *last == std::numeric_limits<byte_offset>::max())
    return std::nullopt;
  if (parsed.total && *last >= *parsed.total) return std::nullopt;
  parsed.range = byte_range{*first, *last + 1};
  return parsed;
}

}  // namespace millrace::http
