#include "stream_options.hpp"

#include "arguments.hpp"

#include <algorithm>

namespace millrace::ctl {

namespace {

bool is_token_character(char c) noexcept {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

}  // namespace

std::pair<std::string, std::string> parse_header(std::string_view text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() || !std::ranges::all_of(name, is_token_character)) {
    throw usage_error("--header: expected 'Name: value', not '" + std::string(text) + "'");
  }
  const auto value = text.substr(colon + 1);
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    throw usage_error("--header: the value of " + std::string(name) + " may not hold a line break");
  }
  return {std::string(name), std::string(trimmed(value))};
}

std::pair<std::string, std::string> parse_metadata(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw usage_error("--metadata: expected key=value, not '" + std::string(text) + "'");
  }
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace millrace::ctl
