#include "http/cache_control.hpp"

#include "http/characters.hpp"
#include "http/conditional.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::http {

namespace {

using std::chrono::seconds;

/// RFC 9111 §1.2.2: what is larger counts as this.
constexpr seconds longest{1LL << 31};

/// Takes the next element off a comma-separated list whose elements may hold quoted strings.
std::string_view take_quoted_element(std::string_view& list) noexcept {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != ','); ++end) {
    if (quoted && list[end] == '\\') {
      ++end;
    } else if (list[end] == '"') {
      quoted = !quoted;
    }
  }
  end = std::min(end, list.size());
  const auto element = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

struct directive {
  std::string_view name, value;
};

directive split(std::string_view element) noexcept {
  const auto equals = element.find('=');
  if (equals == std::string_view::npos) return {element, {}};
  auto value = trim(element.substr(equals + 1));
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  if (quoted) value = value.substr(1, value.size() - 2);
  return {trim(element.substr(0, equals)), value};
}

/// delta-seconds; nullopt when malformed.
std::optional<seconds> parse_seconds(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (ec == std::errc::result_out_of_range) return longest;
  if (ec != std::errc()) return std::nullopt;
  return seconds(std::min<std::uint64_t>(value, static_cast<std::uint64_t>(longest.count())));
}

template <class Visitor>
void for_each_directive(const field_list& fields, Visitor visit) {
  for (const auto& field : fields) {
    if (!equal_ignoring_case(field.name, "Cache-Control")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const auto found = split(take_quoted_element(list));
      if (!found.name.empty()) visit(found);
    }
  }
}

struct response_directives {
  bool no_store = false, is_private = false, no_cache = false;
  std::optional<seconds> max_age, s_maxage;
};

/// The first of several values counts, a malformed one as 0 (RFC 9111 §4.2.1).
void set_lifetime(std::optional<seconds>& to, std::string_view value) {
  if (!to) to = parse_seconds(value).value_or(seconds(0));
}

response_directives read_directives(const field_list& response) {
  response_directives found;
  for_each_directive(response, [&](const directive& each) {
    // The forms that name fields count as the ones that do not (RFC 9111 §5.2.2.4, §5.2.2.7).
    if (equal_ignoring_case(each.name, "no-store")) found.no_store = true;
    if (equal_ignoring_case(each.name, "private")) found.is_private = true;
    if (equal_ignoring_case(each.name, "no-cache")) found.no_cache = true;
    if (equal_ignoring_case(each.name, "max-age")) set_lifetime(found.max_age, each.value);
    if (equal_ignoring_case(each.name, "s-maxage")) set_lifetime(found.s_maxage, each.value);
  });
  return found;
}

/// RFC 9111 §4.2.1.
seconds lifetime_of(const field_list& response, const response_directives& directives,
                    std::optional<std::chrono::sys_seconds> date, std::chrono::sys_seconds received) {
  if (directives.no_cache) return seconds(0);
  if (directives.s_maxage) return *directives.s_maxage;
  if (directives.max_age) return *directives.max_age;
  const auto expires = parse_http_date(trim(response.get("Expires")));
  if (!expires) return seconds(0);
  return std::clamp<seconds>(*expires - date.value_or(received), seconds(0), longest);
}

/// RFC 9111 §4.2.3. A malformed Age says nothing (§5.1).
seconds age_of(const field_list& response, std::optional<std::chrono::sys_seconds> date,
               std::chrono::sys_seconds received) {
  const auto apparent = date ? std::max<seconds>(received - *date, seconds(0)) : seconds(0);
  const auto told = parse_seconds(trim(response.get("Age"))).value_or(seconds(0));
  return std::max(apparent, told);
}

/// A strong ETag, or a Last-Modified that cannot have changed twice within its second (RFC 9110 §8.8.2.2).
bool has_validator(const field_list& response, std::optional<std::chrono::sys_seconds> date) {
  if (is_strong(response.get("ETag"))) return true;
  const auto modified = parse_http_date(response.get("Last-Modified"));
  return modified && (!date || *modified < *date);
}

bool is_encoded(const field_list& response) {
  const auto coding = response.find("Content-Encoding");
  return coding && !equal_ignoring_case(trim(*coding), "identity");
}

}  // namespace

cache_terms cache_terms_of(const field_list& response, std::chrono::sys_seconds received) {
  const auto directives = read_directives(response);
  const auto date = parse_http_date(trim(response.get("Date")));
  const bool forbidden = directives.no_store || directives.is_private || response.has_token("Vary", "*");
  return {.may_store = !forbidden && !is_encoded(response) && has_validator(response, date),
          .age = age_of(response, date, received),
          .lifetime = lifetime_of(response, directives, date, received)};
}

cache_demands cache_demands_of(const field_list& request) {
  cache_demands found;
  bool any = false;
  for_each_directive(request, [&](const directive& each) {
    any = true;
    if (equal_ignoring_case(each.name, "no-store")) found.may_store = false;
    if (equal_ignoring_case(each.name, "no-cache")) found.max_age = seconds(0);
    if (equal_ignoring_case(each.name, "max-age")) {
      const auto limit = parse_seconds(each.value).value_or(seconds(0));
      found.max_age = std::min(limit, found.max_age.value_or(longest));
    }
    if (equal_ignoring_case(each.name, "min-fresh"))
      found.min_fresh = parse_seconds(each.value).value_or(longest);
  });
  // Only for clients from before Cache-Control (RFC 9111 §5.4).
  if (!any && request.has_token("Pragma", "no-cache")) found.max_age = seconds(0);
  return found;
}

bool is_fresh(const cache_terms& answer, seconds since_received, const cache_demands& asked) {
  const auto age = answer.age + since_received;
  if (asked.max_age && age >= *asked.max_age) return false;
  return answer.may_store && age + asked.min_fresh < answer.lifetime;
}

}  // namespace millrace::http
