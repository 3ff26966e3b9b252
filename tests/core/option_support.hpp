#pragma once
// Parsing options in tests, without the real environment.

#include "core/options.hpp"

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace::test {

using variables = std::map<std::string, std::string>;
using words = std::vector<std::string>;

inline parsed_options parse_any(const words& arguments, const variables& environment = {}) {
  return parse_options(arguments, [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

inline settings parse(const words& arguments, const variables& environment = {}) {
  return std::get<settings>(parse_any(arguments, environment));
}

/// The message of the option_error, "" when there was none.
inline std::string complaint(const words& arguments, const variables& environment = {}) {
  try {
    parse_any(arguments, environment);
  } catch (const option_error& error) {
    return error.what();
  }
  return {};
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace millrace::test
