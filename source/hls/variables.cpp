#include "hls/variables.hpp"

#include "hls/attribute_list.hpp"
#include "http/characters.hpp"

#include <algorithm>

namespace millrace::hls {

namespace {

constexpr auto name_characters = http::make_character_set([](unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
});

bool is_name(std::string_view text) noexcept {
  return !text.empty() && http::consists_of(name_characters, text);
}

const std::string* find(const variable_list& list, std::string_view name) noexcept {
  const auto found =
      std::find_if(list.begin(), list.end(), [name](const auto& each) { return each.first == name; });
  return found == list.end() ? nullptr : &found->second;
}

/// The decoded value of a query parameter; nullopt when it is missing or empty.
std::optional<std::string> query_parameter(const url& base, std::string_view name) {
  const auto mark = base.target().find('?');
  std::string_view rest = mark == std::string::npos ? std::string_view{} : base.target();
  rest.remove_prefix(rest.empty() ? 0 : mark + 1);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals + 1 == pair.size()) continue;
    if (percent_decode(pair.substr(0, equals)) == name) return percent_decode(pair.substr(equals + 1));
  }
  return std::nullopt;
}

/// The length of the reference at the front of `text`, which begins with "{$"; 0 when it is none.
std::size_t reference_length(std::string_view text) noexcept {
  std::size_t end = 2;
  while (end < text.size() && http::contains(name_characters, text[end]))
    ++end;
  return end > 2 && end < text.size() && text[end] == '}' ? end + 1 : 0;
}

}  // namespace

std::optional<problem_code> variable_scope::define(std::string_view attributes) {
  attribute_reader reader(attributes);
  std::optional<attribute> name, value, import, parameter;
  while (const auto found = reader.next()) {
    if (found->name == "NAME") name = found;
    if (found->name == "VALUE") value = found;
    if (found->name == "IMPORT") import = found;
    if (found->name == "QUERYPARAM") parameter = found;
  }
  if (reader.failed()) return problem_code::bad_attributes;
  if (name) {
    if (!value) return problem_code::bad_definition;
    std::string buffer;
    const auto text = substitute(value->value, buffer);
    return text ? add(name->value, std::string(*text)) : std::optional(text.error());
  }
  if (import) {
    const auto* found = find(imported_, import->value);
    return found == nullptr ? problem_code::undefined_variable : add(import->value, *found);
  }
  if (!parameter) return problem_code::bad_definition;
  auto found = query_parameter(base_, parameter->value);
  return found ? add(parameter->value, std::move(*found)) : std::optional(problem_code::undefined_variable);
}

std::optional<problem_code> variable_scope::add(std::string_view name, std::string value) {
  if (!is_name(name)) return problem_code::bad_definition;
  if (find(defined_, name) != nullptr) return problem_code::duplicate_variable;
  bytes_ += name.size() + value.size();
  if (bytes_ > most_variable_bytes || defined_.size() == most_variables) return problem_code::bad_definition;
  defined_.emplace_back(name, std::move(value));
  return std::nullopt;
}

boost::system::result<std::string_view, problem_code> variable_scope::substitute(std::string_view text,
                                                                                 std::string& buffer) const {
  auto at = text.find("{$");
  if (at == std::string_view::npos) return text;
  buffer.clear();
  for (; at != std::string_view::npos; at = text.find("{$")) {
    const auto length = reference_length(text.substr(at));
    if (length == 0) {
      buffer.append(text.substr(0, at + 2));
      text.remove_prefix(at + 2);
      continue;
    }
    const auto* value = find(defined_, text.substr(at + 2, length - 3));
    if (value == nullptr) return problem_code::undefined_variable;
    buffer.append(text.substr(0, at)).append(*value);
    if (buffer.size() > longest_substituted) return problem_code::output_too_large;
    text.remove_prefix(at + length);
  }
  buffer.append(text);
  return std::string_view(buffer);
}

}  // namespace millrace::hls
