#include "api/aria2_options.hpp"

#include "http/characters.hpp"
#include "http/content_disposition.hpp"
#include "http/header_policy.hpp"
#include "http/message.hpp"

#include <boost/json/value.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace millrace::api {

namespace json = boost::json;

namespace {

using outcome = rpc_result<void>;

rpc_error wrong(std::string_view option, std::string_view what) {
  return {rpc_code::invalid_params, fmt::format("{} {}", option, what)};
}

/// Nothing when it is not there.
rpc_result<std::optional<std::string_view>> find_text(const json::object& options, std::string_view name) {
  const auto* const value = options.if_contains(name);
  if (!value) return std::nullopt;
  const auto* const text = value->if_string();
  if (!text) return wrong(name, "must be a string.");
  return std::string_view(text->data(), text->size());
}

outcome add_header(add_uri_request& into, std::string_view line, const definition_limits& limits) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (http::trim(line).empty()) return {};
  constexpr std::size_t quoted = 100;
  const auto name = line.substr(0, std::min(line.find(':'), quoted));
  if (line.size() > limits.header)
    return wrong("header", fmt::format("is longer than {} bytes: {}", limits.header, name));
  if (into.definition.headers.size() >= limits.headers)
    return wrong("header", fmt::format("has more than {} lines.", limits.headers));
  auto field = http::parse_given_header(line);
  if (!field)
    return wrong("header", fmt::format("is no \"Name: value\" that may be sent upstream: {}", name));
  into.definition.headers.emplace_back(std::move(field->name), std::move(field->value));
  return {};
}

/// aria2 takes several headers in one string, too.
outcome add_headers(add_uri_request& into, std::string_view lines, const definition_limits& limits) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const auto added = add_header(into, lines.substr(0, end), limits);
    if (!added) return added.error();
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return {};
}

outcome take_header(add_uri_request& into, const json::object& options, const definition_limits& limits) {
  const auto* const value = options.if_contains("header");
  if (!value) return {};
  std::string given;
  if (const auto* const text = value->if_string()) {
    given = *text;
  } else if (const auto* const list = value->if_array()) {
    for (const auto& each : *list) {
      if (!each.is_string()) return wrong("header", "must be a list of strings.");
      if (!given.empty()) given += '\n';
      given += each.get_string();
    }
  } else {
    return wrong("header", "must be a string or a list of strings.");
  }
  const auto added = add_headers(into, given, limits);
  if (!added) return added.error();
  into.options.emplace_back("header", std::move(given));
  return {};
}

outcome take_user_agent(add_uri_request& into, const json::object& options, const definition_limits& limits) {
  constexpr std::string_view name = "user-agent";
  const auto given = find_text(options, name);
  if (!given) return given.error();
  if (!*given) return {};
  if ((*given)->size() > limits.header)
    return wrong(name, fmt::format("is longer than {} bytes.", limits.header));
  if (!http::consists_of(http::value_characters, **given))
    return wrong(name, "must not hold control characters.");
  into.definition.user_agent = http::trim(**given);
  into.options.emplace_back(name, **given);
  return {};
}

/// The URI as it may stand in a Referer: without userinfo (RFC 9110 §10.1.3).
std::string without_userinfo(const url& uri) {
  return fmt::format("{}://{}{}", uri.is_https() ? "https" : "http", uri.host_header(), uri.target());
}

outcome take_referer(add_uri_request& into, const json::object& options, const definition_limits& limits) {
  constexpr std::string_view name = "referer";
  const auto given = find_text(options, name);
  if (!given) return given.error();
  if (!*given || (*given)->empty()) return {};
  auto& headers = into.definition.headers;
  const bool itself = **given == "*";
  const auto value = itself ? without_userinfo(into.definition.sources.front()) : std::string(**given);
  const bool too_long = value.size() > limits.header;
  if (too_long && !itself) return wrong(name, fmt::format("is longer than {} bytes.", limits.header));
  auto field = http::check_given_header("Referer", value);
  if (!field) return wrong(name, "must not hold control characters.");
  const bool in_header = std::any_of(headers.begin(), headers.end(), [](const auto& each) {
    return http::equal_ignoring_case(each.first, "Referer");
  });
  if (!in_header && !too_long) headers.emplace_back(std::move(field->name), std::move(field->value));
  into.options.emplace_back(name, **given);
  return {};
}

outcome take_out(add_uri_request& into, const json::object& options, const definition_limits&) {
  const auto given = find_text(options, "out");
  if (!given) return given.error();
  if (!*given || (*given)->empty()) return {};
  const auto name = (*given)->substr((*given)->find_last_of("/\\") + 1);
  if (!name.empty() && name != "." && name != "..") into.out = http::safe_file_name(name);
  into.options.emplace_back("out", **given);
  return {};
}

/// At least 1; what is larger than the type is its greatest value.
std::optional<unsigned> positive_number(const json::value& value) {
  constexpr auto most = std::numeric_limits<unsigned>::max();
  std::uint64_t number = 0;
  if (const auto* const text = value.if_string()) {
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    if (read.ptr != text->data() + text->size()) return std::nullopt;
    if (read.ec == std::errc::result_out_of_range) return most;
    if (read.ec != std::errc()) return std::nullopt;
  } else {
    error_code ec;
    number = value.to_number<std::uint64_t>(ec);
    if (ec) return std::nullopt;
  }
  if (number == 0) return std::nullopt;
  return static_cast<unsigned>(std::min<std::uint64_t>(number, most));
}

outcome take_connections(add_uri_request& into, const json::object& options, const definition_limits&) {
  for (const std::string_view name : {"split", "max-connection-per-server"}) {
    const auto* const value = options.if_contains(name);
    if (!value) continue;
    const auto number = positive_number(*value);
    if (!number) return wrong(name, "must be greater than or equal to 1.");
    into.connections = into.connections == 0 ? *number : std::min(into.connections, *number);
    const auto* const text = value->if_string();
    into.options.emplace_back(name, text ? std::string(*text) : std::to_string(*number));
  }
  return {};
}

}  // namespace

rpc_result<void> take_options(add_uri_request& into, const json::object& options,
                              const definition_limits& limits) {
  for (const auto take : {take_header, take_user_agent, take_referer, take_out, take_connections}) {
    const auto taken = take(into, options, limits);
    if (!taken) return taken.error();
  }
  return {};
}

}  // namespace millrace::api
