#include "http/message.hpp"

#include "http/characters.hpp"

#include <algorithm>

namespace millrace::http {

void field_list::set(std::string_view name, std::string value) {
  const auto same = [name](const field& each) { return equal_ignoring_case(each.name, name); };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) {
    fields_.push_back({std::string(name), std::move(value)});
    return;
  }
  first->value = std::move(value);
  fields_.erase(std::remove_if(first + 1, fields_.end(), same), fields_.end());
}

void field_list::erase(std::string_view name) {
  std::erase_if(fields_, [name](const field& each) { return equal_ignoring_case(each.name, name); });
}

std::optional<std::string_view> field_list::find(std::string_view name) const noexcept {
  for (const auto& each : fields_) {
    if (equal_ignoring_case(each.name, name)) return each.value;
  }
  return std::nullopt;
}

std::size_t field_list::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::count_if(fields_.begin(), fields_.end(), [name](const field& each) {
    return equal_ignoring_case(each.name, name);
  }));
}

bool field_list::has_token(std::string_view name, std::string_view token) const noexcept {
  for (const auto& each : fields_) {
    if (!equal_ignoring_case(each.name, name)) continue;
    for (std::string_view rest = each.value; !rest.empty();) {
      if (equal_ignoring_case(take_element(rest), token)) return true;
    }
  }
  return false;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace millrace::http
