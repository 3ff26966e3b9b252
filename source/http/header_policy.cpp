#include "http/header_policy.hpp"

#include "http/characters.hpp"

#include <initializer_list>

namespace millrace::http {

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) noexcept {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view each) { return equal_ignoring_case(each, name); });
}

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
  return equal_ignoring_case(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool is_hop_by_hop(std::string_view name) noexcept {
  return begins_with(name, "Proxy-") ||
         is_one_of(name, {"Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade"});
}

bool is_reserved(std::string_view name) noexcept {
  return is_hop_by_hop(name) || begins_with(name, "If-") || begins_with(name, "Content-") ||
         is_one_of(name, {"Host", "Range", "Accept-Encoding", "Expect"});
}

bool is_credential(std::string_view name) noexcept {
  return is_one_of(name, {"Authorization", "Proxy-Authorization", "Cookie"});
}

result<field> parse_given_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return errc::invalid_header;
  return check_given_header(line.substr(0, colon), line.substr(colon + 1));
}

result<field> check_given_header(std::string_view name, std::string_view value) {
  value = trim(value);
  if (!is_token(name) || is_reserved(name) || !consists_of(value_characters, value))
    return errc::invalid_header;
  return field{std::string(name), std::string(value)};
}

}  // namespace millrace::http
