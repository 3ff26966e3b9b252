#include "api/aria2_request.hpp"

#include "api/aria2_options.hpp"
#include "api/aria2_params.hpp"
#include "core/utf8.hpp"
#include "http/characters.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace millrace::api {

namespace json = boost::json;

namespace {

constexpr std::size_t quoted = 200;

/// What an error message may show of text that is no URL: neither user, password nor query. A password may
/// hold any character, so where an '@' follows them only the scheme is shown.
std::string shown(std::string_view uri) {
  const auto scheme_end = uri.find("://");
  const auto scheme =
      scheme_end == std::string_view::npos ? std::string_view() : uri.substr(0, scheme_end + 3);
  const auto rest = uri.substr(scheme.size());
  const auto query = std::min(rest.find_first_of("?#"), rest.size());
  if (scheme.find_first_of("@?#") != std::string_view::npos) return "…";
  if (rest.find('@', query) != std::string_view::npos) return to_utf8(scheme.substr(0, quoted)) + "…";
  const auto bare = rest.substr(0, query);
  const auto at = bare.rfind('@');
  const auto visible = bare.substr(at == std::string_view::npos ? 0 : at + 1);
  return to_utf8(scheme.substr(0, quoted)) + to_utf8(visible.substr(0, quoted));
}

rpc_error bad_uri(std::string_view what, std::string_view uri) {
  return {rpc_code::invalid_params, fmt::format("{}: {}", what, shown(uri))};
}

rpc_result<std::vector<url>> parse_uris(const json::array& uris, const definition_limits& limits) {
  if (uris.empty()) return rpc_error{rpc_code::invalid_params, "URI is not provided."};
  if (uris.size() > limits.failover_urls + 1)
    return rpc_error{rpc_code::invalid_params, fmt::format("More than {} URIs.", limits.failover_urls + 1)};
  std::vector<url> sources;
  std::size_t bytes = 0;
  for (const auto& each : uris) {
    const auto* const text = each.if_string();
    if (!text) return wrong_type(0);
    const std::string_view uri(text->data(), text->size());
    if (uri.size() > limits.url) return bad_uri(fmt::format("URI longer than {} bytes", limits.url), uri);
    auto parsed = url::parse(uri);
    if (!parsed) return bad_uri("Unrecognized URI or unsupported protocol", uri);
    if (std::find(sources.begin(), sources.end(), *parsed) != sources.end()) continue;
    if (!sources.empty()) bytes += parsed->text().size();
    if (bytes > limits.urls)
      return rpc_error{rpc_code::invalid_params,
                       fmt::format("URIs longer than {} bytes in all.", limits.urls)};
    sources.push_back(std::move(*parsed));
  }
  return sources;
}

bool is_hex(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

rpc_call parse_entry(const json::value& entry) {
  rpc_call call;
  const auto* const object = entry.if_object();
  const auto* const method = object ? object->if_contains("methodName") : nullptr;
  if (!object) {
    call.defect = {rpc_code::invalid_params, "system.multicall expected struct."};
  } else if (!method || !method->is_string()) {
    call.defect = {rpc_code::invalid_params, "Missing methodName."};
  } else {
    call.method = method->get_string();
    if (call.method == "system.multicall")
      call.defect = {rpc_code::failed, "Recursive system.multicall forbidden."};
    // aria2 takes anything but a list for no parameters.
    const auto* const params = object->if_contains("params");
    if (params && params->is_array()) call.params = params->get_array();
  }
  return call;
}

}  // namespace

std::optional<std::string> take_secret(json::array& params) {
  constexpr std::string_view prefix = "token:";
  const auto* const first = params.empty() ? nullptr : params.front().if_string();
  if (!first) return std::nullopt;
  const std::string_view text(first->data(), first->size());
  if (!text.starts_with(prefix)) return std::nullopt;
  std::string secret(text.substr(prefix.size()));
  params.erase(params.begin());
  return secret;
}

rpc_result<add_uri_request> parse_add_uri(const json::array& params) {
  const definition_limits limits;
  const auto uris = required_list(params, 0);
  if (!uris) return uris.error();
  const auto options = optional_struct(params, 1);
  if (!options) return options.error();
  auto sources = parse_uris(**uris, limits);
  if (!sources) return sources.error();
  add_uri_request request;
  request.definition.sources = std::move(*sources);
  if (*options) {
    const auto taken = take_options(request, **options, limits);
    if (!taken) return taken.error();
  }
  return request;
}

rpc_result<gid_request> parse_gid(const json::array& params) {
  const auto text = required_text(params, 0);
  if (!text) return text.error();
  constexpr std::size_t digits = 16;
  gid_request request{.gid = std::string(text->substr(0, digits)), .keys = {}};
  std::transform(request.gid.begin(), request.gid.end(), request.gid.begin(), http::to_lower);
  if (text->size() > digits || text->empty() || !is_hex(request.gid))
    return rpc_error{rpc_code::invalid_params,
                     fmt::format("Invalid GID {}", to_utf8(text->substr(0, quoted)))};
  // aria2 completes what is unique; here a GID is a capability, to be known in full.
  if (text->size() < digits) return rpc_error{rpc_code::failed, fmt::format("GID {} is not found", *text)};
  auto keys = optional_texts(params, 1);
  if (!keys) return keys.error();
  request.keys = std::move(*keys);
  return request;
}

rpc_result<std::vector<std::string>> parse_keys(const json::array& params) {
  return optional_texts(params, 0);
}

std::vector<std::size_t> list_request::pick(std::size_t size) const {
  const auto entries = static_cast<std::int64_t>(size);
  const bool backwards = offset < 0;
  const auto first = backwards ? offset + entries : offset;
  if (first < 0 || first >= entries) return {};
  const auto available = backwards ? first + 1 : entries - first;
  std::vector<std::size_t> picked;
  for (std::int64_t i = 0; i < std::min(count, available); ++i)
    picked.push_back(static_cast<std::size_t>(backwards ? first - i : first + i));
  return picked;
}

rpc_result<list_request> parse_list(const json::array& params) {
  const auto offset = required_integer(params, 0);
  if (!offset) return offset.error();
  const auto count = required_integer(params, 1);
  if (!count) return count.error();
  if (*count < 0)
    return rpc_error{rpc_code::invalid_params, "The parameter num must be zero or positive integer."};
  auto keys = optional_texts(params, 2);
  if (!keys) return keys.error();
  return list_request{.offset = *offset, .count = *count, .keys = std::move(*keys)};
}

rpc_result<std::vector<rpc_call>> parse_multicall(const json::array& params) {
  const auto entries = required_list(params, 0);
  if (!entries) return entries.error();
  if ((*entries)->size() > most_rpc_calls) return rpc_error{rpc_code::invalid_params, "Too many calls."};
  std::vector<rpc_call> calls;
  calls.reserve((*entries)->size());
  for (const auto& each : **entries)
    calls.push_back(parse_entry(each));
  return calls;
}

}  // namespace millrace::api
