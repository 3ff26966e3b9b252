#include "hls/attribute_list.hpp"

#include "http/characters.hpp"

#include <algorithm>

namespace millrace::hls {

std::optional<attribute> attribute_reader::next() noexcept {
  while (!rest_.empty()) {
    const auto end = std::min(rest_.find_first_of("=,"), rest_.size());
    attribute found{http::trim(rest_.substr(0, end)), {}};
    const bool has_value = end < rest_.size() && rest_[end] == '=';
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!has_value) continue;

    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
    if (rest_.starts_with('"')) {
      const auto quote = rest_.find('"', 1);
      if (quote == std::string_view::npos) {
        failed_ = true;
        rest_ = {};
        return std::nullopt;
      }
      found.quoted = true;
      found.value = rest_.substr(1, quote - 1);
      rest_.remove_prefix(quote + 1);
    }
    const auto comma = std::min(rest_.find(','), rest_.size());
    if (!found.quoted) found.value = http::trim(rest_.substr(0, comma));
    rest_.remove_prefix(std::min(comma + 1, rest_.size()));
    return found;
  }
  return std::nullopt;
}

std::optional<attribute> find_attribute(std::string_view list, std::string_view name) noexcept {
  attribute_reader reader(list);
  while (const auto found = reader.next()) {
    if (found->name == name) return found;
  }
  return std::nullopt;
}

}  // namespace millrace::hls
