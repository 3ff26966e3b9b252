#pragma once
// What the tests of this floor ask of JSON documents.

#include "registry/registry_support.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::api {

/// A control character, a quotation mark, and bytes that are no UTF-8.
inline const std::string hostile = "a\x01\"\\\n\xff\xc3(\xed\xa0\x80z";

/// The names of an object's members, in their order.
inline std::vector<std::string> names(const boost::json::object& of) {
  std::vector<std::string> found;
  for (const auto& each : of)
    found.emplace_back(each.key());
  return found;
}

/// As a reader would see it.
inline boost::json::object read_back(const boost::json::object& written) {
  return boost::json::parse(boost::json::serialize(written)).as_object();
}

inline std::string_view text(const boost::json::object& of, std::string_view name) {
  return of.at(name).as_string();
}

inline std::int64_t number(const boost::json::object& of, std::string_view name) {
  return of.at(name).to_number<std::int64_t>();
}

/// "2025-01-31T23:59:59.123Z"
inline bool is_time(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == 'd' ? !digit : text[i] != form[i]) return false;
  }
  return true;
}

}  // namespace millrace::api
