#include "api/page.hpp"

#include "core/url.hpp"

#include <charconv>

namespace millrace::api {

checked<page> parse_page(std::string_view query) {
  page asked;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals));
    if (name != "limit" && name != "offset") continue;
    const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    auto& into = name == "limit" ? asked.limit : asked.offset;
    const auto* const end = value.data() + value.size();
    const auto [parsed, error] = std::from_chars(value.data(), end, into);
    if (error != std::errc() || parsed != end)
      return reject(http::problem_code::bad_request, name + ": must be a whole number, 0 or more.");
  }
  return asked;
}

}  // namespace millrace::api
