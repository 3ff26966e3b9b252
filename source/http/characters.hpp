#pragma once
// Character classes of the HTTP grammar (RFC 9110 §5.6).

#include <algorithm>
#include <array>
#include <string_view>

namespace millrace::http {

/// Tables are made at compile time: heads are checked byte by byte.
using character_set = std::array<bool, 256>;

constexpr character_set make_character_set(bool (*has)(unsigned char)) {
  character_set set{};
  for (unsigned i = 0; i < set.size(); ++i)
    set[i] = has(static_cast<unsigned char>(i));
  return set;
}

/// `tchar`
inline constexpr character_set token_characters = make_character_set([](unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
});

/// `field-vchar`, space and tab: all but the other control characters.
inline constexpr character_set value_characters =
    make_character_set([](unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; });

/// What may stand in a request target: no white space and no controls. Bytes above 127 are let through,
/// players send them.
inline constexpr character_set target_characters =
    make_character_set([](unsigned char c) { return c > 0x20 && c != 0x7f; });

constexpr bool contains(const character_set& set, char c) noexcept {
  return set[static_cast<unsigned char>(c)];
}

constexpr bool consists_of(const character_set& set, std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [&set](char c) { return contains(set, c); });
}

/// A non-empty `token`.
constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && consists_of(token_characters, text);
}

/// Without the optional white space around it.
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Takes the next element off a comma-separated list; elements may be empty. No quoted strings.
constexpr std::string_view take_element(std::string_view& list) noexcept {
  const auto comma = std::min(list.find(','), list.size());
  const auto element = trim(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return element;
}

}  // namespace millrace::http
