#include "api/stream_definition.hpp"

#include "http/characters.hpp"
#include "http/header_policy.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <spdlog/fmt/fmt.h>

#include <functional>
#include <optional>
#include <utility>

namespace millrace::api {

namespace json = boost::json;

namespace {

using registry::stream_definition;
using outcome = checked<void>;

rejection invalid(std::string_view field, std::string_view what) {
  return reject(http::problem_code::invalid, fmt::format("{}: {}", field, what));
}

/// `headers.Name`, for a problem's detail.
std::string member(std::string_view object, std::string_view name) {
  constexpr std::size_t quoted = 100;
  return fmt::format("{}.{}", object, name.substr(0, quoted));
}

/// Null for a member that is not there.
const json::value* find(const json::object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found && !found->is_null() ? found : nullptr;
}

checked<url> parse_url(const json::value& value, std::string_view field, const definition_limits& limits) {
  const auto* text = value.if_string();
  if (!text) return invalid(field, "must be a string.");
  if (text->size() > limits.url) return invalid(field, fmt::format("longer than {} bytes.", limits.url));
  const auto parsed = url::parse(*text);
  if (!parsed) return invalid(field, "must be an absolute http or https URL.");
  return *parsed;
}

outcome take_sources(stream_definition& into, const json::object& body, const definition_limits& limits) {
  const auto* primary = find(body, "url");
  if (!primary) return invalid("url", "is missing.");
  auto parsed = parse_url(*primary, "url", limits);
  if (!parsed) return parsed.error();
  into.sources.push_back(std::move(*parsed));

  const auto* others = find(body, "failover_urls");
  if (!others) return {};
  const auto* list = others->if_array();
  if (!list) return invalid("failover_urls", "must be a list of URLs.");
  if (list->size() > limits.failover_urls)
    return invalid("failover_urls", fmt::format("more than {}.", limits.failover_urls));
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto each = parse_url((*list)[i], fmt::format("failover_urls[{}]", i), limits);
    if (!each) return each.error();
    bytes += each->text().size();
    if (bytes > limits.urls)
      return invalid("failover_urls", fmt::format("longer than {} bytes in all.", limits.urls));
    into.sources.push_back(std::move(*each));
  }
  return {};
}

outcome take_user_agent(stream_definition& into, const json::object& body, const definition_limits& limits) {
  const auto* value = find(body, "user_agent");
  if (!value) return {};
  const auto* text = value->if_string();
  if (!text) return invalid("user_agent", "must be a string.");
  if (text->size() > limits.header)
    return invalid("user_agent", fmt::format("longer than {} bytes.", limits.header));
  if (!http::consists_of(http::value_characters, *text))
    return invalid("user_agent", "must not hold control characters.");
  into.user_agent = http::trim(*text);
  return {};
}

/// The object of that name, its values all strings; null when it is not there.
checked<const json::object*> find_strings(const json::object& body, std::string_view name) {
  const auto* value = find(body, name);
  if (!value) return nullptr;
  const auto* all = value->if_object();
  if (!all) return invalid(name, "must be an object of strings.");
  for (const auto& each : *all) {
    if (!each.value().is_string()) return invalid(member(name, each.key()), "must be a string.");
  }
  return all;
}

outcome take_headers(stream_definition& into, const json::object& body, const definition_limits& limits) {
  const auto found = find_strings(body, "headers");
  if (!found) return found.error();
  if (!*found) return {};
  if ((*found)->size() > limits.headers)
    return invalid("headers", fmt::format("more than {}.", limits.headers));
  for (const auto& each : **found) {
    const auto& value = each.value().get_string();
    if (each.key().size() + value.size() > limits.header)
      return invalid(member("headers", each.key()), fmt::format("longer than {} bytes.", limits.header));
    auto field = http::check_given_header(each.key(), value);
    if (!field) {
      return reject(
          http::problem_code::bad_request,
          fmt::format("{}: may not be sent upstream. Host, Range, If-*, Accept-Encoding, Content-*, Expect "
                      "and connection headers may not be given, nor control characters.",
                      member("headers", each.key())));
    }
    into.headers.emplace_back(std::move(field->name), std::move(field->value));
  }
  return {};
}

outcome take_metadata(stream_definition& into, const json::object& body, const definition_limits& limits) {
  const auto found = find_strings(body, "metadata");
  if (!found) return found.error();
  if (!*found) return {};
  std::size_t bytes = 0;
  for (const auto& each : **found) {
    const auto& value = each.value().get_string();
    bytes += each.key().size() + value.size();
    if (bytes > limits.metadata)
      return invalid("metadata", fmt::format("longer than {} bytes in all.", limits.metadata));
    into.metadata.emplace_back(each.key(), value);
  }
  return {};
}

}  // namespace

checked<stream_definition> parse_stream_definition(std::string_view text, const definition_limits& limits) {
  error_code ec;
  const auto body = json::parse(text, ec);
  if (ec)
    return reject(http::problem_code::bad_request, fmt::format("The body is not JSON: {}.", ec.message()));
  const auto* object = body.if_object();
  if (!object) return reject(http::problem_code::invalid, "The body must be a JSON object with a url.");
  stream_definition made;
  for (const auto take : {take_sources, take_user_agent, take_headers, take_metadata}) {
    const auto taken = take(made, *object, limits);
    if (!taken) return taken.error();
  }
  return made;
}

}  // namespace millrace::api
