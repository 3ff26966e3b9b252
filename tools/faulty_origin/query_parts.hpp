#pragma once
// What the tables of query parameters are made of.

#include "behaviour.hpp"
#include "query.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace millrace::origin {

/// A behaviour on its way: conditions belong to every fault of the URL and are handed out at the end.
struct draft {
  behaviour rules;
  condition when;
  std::string file_root;
};

using apply = bool (*)(draft&, std::string_view);

struct parameter {
  std::string_view name;
  std::string_view values;
  std::string_view help;
  apply set;
};

/// The parameters of live paths.
std::span<const parameter> live_parameters();

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

inline bool read_duration(std::string_view text, std::chrono::milliseconds& value) {
  double factor = 1;
  if (text.ends_with("ms")) {
    text.remove_suffix(2);
  } else if (text.ends_with("s")) {
    text.remove_suffix(1);
    factor = 1000;
  }
  double number = 0;
  if (!read_number(text, number) || !(number >= 0) || number > 1e9) return false;
  value = std::chrono::milliseconds(std::llround(number * factor));
  return true;
}

inline bool read_flag(std::string_view text, bool& value) {
  value = text.empty() || text == "true" || text == "1" || text == "yes";
  return value || text == "false" || text == "0" || text == "no";
}

template <class E>
bool choose(std::string_view text, E& value, std::span<const std::pair<std::string_view, E>> names) {
  for (const auto& [name, choice] : names) {
    if (name == text) {
      value = choice;
      return true;
    }
  }
  return false;
}

template <class T>
T& ensure(std::optional<T>& held) {
  if (!held) held.emplace();
  return *held;
}

}  // namespace millrace::origin
