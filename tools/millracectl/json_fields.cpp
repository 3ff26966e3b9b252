#include "json_fields.hpp"

#include "core/utf8.hpp"
#include "text.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace millrace::ctl {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  if (member == nullptr) return {};
  if (const auto* text = member->if_string()) return std::string(*text);
  if (member->is_number() || member->is_bool()) return json::serialize(*member);
  return {};
}

std::uint64_t number_of(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  if (member == nullptr) return 0;
  if (const auto* whole = member->if_uint64()) return *whole;
  if (const auto* whole = member->if_int64()) return *whole < 0 ? 0 : static_cast<std::uint64_t>(*whole);
  constexpr double beyond = 18446744073709551616.0;
  if (const auto* real = member->if_double(); real != nullptr && *real >= 0 && *real < beyond) {
    return static_cast<std::uint64_t>(*real);
  }
  return 0;
}

bool flag_of(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member != nullptr && member->is_bool() && member->get_bool();
}

const json::array& array_of(const json::object& object, std::string_view name) {
  static const json::array none;
  const json::value* member = object.if_contains(name);
  return member != nullptr && member->is_array() ? member->get_array() : none;
}

const json::object& object_of(const json::object& object, std::string_view name) {
  static const json::object none;
  const json::value* member = object.if_contains(name);
  return member != nullptr && member->is_object() ? member->get_object() : none;
}

namespace {

/// UTF-16 as JSON escapes it: a surrogate pair beyond the basic plane.
void append_escape(std::string& out, char32_t character) {
  const auto unit = [&out](unsigned value) {
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04x", value & 0xffffU);
    out += text;
  };
  if (character < 0x10000) return unit(character);
  unit(0xd800U + ((character - 0x10000U) >> 10));
  unit(0xdc00U + ((character - 0x10000U) & 0x3ffU));
}

}  // namespace

std::string printable_json(std::string_view valid) {
  std::string out;
  out.reserve(valid.size());
  while (!valid.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(valid), 1);
    const char32_t character = decode_utf8(valid, length);
    if (character < 0x20) {
      // Well-formed JSON has these as white space between tokens only.
      out += ' ';
    } else if (is_control(character)) {
      append_escape(out, character);
    } else {
      out += valid.substr(0, length);
    }
    valid.remove_prefix(length);
  }
  const auto first = out.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(' ') + 1 - first);
}

}  // namespace millrace::ctl
