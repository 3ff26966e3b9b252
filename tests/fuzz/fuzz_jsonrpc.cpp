// Whatever is posted to /jsonrpc: it is read or refused, answers are JSON with the call's id, and what would
// go upstream is a URL or a header without line ends.

#include "api/aria2_request.hpp"
#include "api/json_document.hpp"
#include "core/utf8.hpp"
#include "fuzzing.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace {

using namespace millrace;
namespace json = boost::json;

bool same_id(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number() && (a.is_double() || b.is_double()))
    return a.to_number<double>() == b.to_number<double>();
  return a == b;
}

void check_response(const json::value& id, const api::rpc_result<json::value>& outcome) {
  const auto written = json::serialize(api::rpc_response(id, outcome));
  fuzz::require(is_utf8(written));
  const auto again = api::parse_json(written);
  fuzz::require(again.has_value() && same_id(again->as_object().at("id"), id));
  fuzz::require(again->as_object().contains("result") == outcome.has_value());
  fuzz::require(again->as_object().contains("error") != outcome.has_value());
}

template <class T>
void check_error(const api::rpc_result<T>& result) {
  if (!result) check_response(nullptr, result.error());
}

bool is_sendable(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check_add_uri(const json::array& params) {
  const auto request = api::parse_add_uri(params);
  check_error(request);
  if (!request) return;
  const auto& definition = request->definition;
  fuzz::require(!definition.sources.empty() && definition.metadata.empty());
  for (const auto& each : definition.sources)
    fuzz::require(is_sendable(each.text()) && url::parse(each.text()).has_value());
  for (const auto& [name, value] : definition.headers)
    fuzz::require(!name.empty() && is_sendable(name) && is_sendable(value));
  fuzz::require(is_sendable(definition.user_agent));
  fuzz::require(is_sendable(request->out) && request->out.find('/') == std::string::npos);
  fuzz::require(request->out.size() <= 255 && is_utf8(request->out));
}

void check_list(const json::array& params) {
  const auto request = api::parse_list(params);
  check_error(request);
  if (!request) return;
  fuzz::require(request->count >= 0);
  for (const auto size : std::array<std::size_t, 4>{0, 1, 3, 100}) {
    const auto picked = request->pick(size);
    fuzz::require(std::all_of(picked.begin(), picked.end(), [size](std::size_t i) { return i < size; }));
    fuzz::require(std::set<std::size_t>(picked.begin(), picked.end()).size() == picked.size());
    fuzz::require(picked.size() <= static_cast<std::uint64_t>(request->count));
  }
}

void check_params(json::array params);

void check_multicall(const json::array& params) {
  const auto calls = api::parse_multicall(params);
  check_error(calls);
  if (!calls) return;
  for (const auto& each : *calls) {
    fuzz::require(!each.notification && each.id.is_null());
    fuzz::require(each.defect || each.method != "system.multicall");
    check_params(each.params);
  }
}

/// As those of every method. Nesting is bounded by that of the JSON text.
void check_params(json::array params) {
  const auto before = params.size();
  const auto secret = api::take_secret(params);
  fuzz::require(params.size() + (secret ? 1 : 0) == before);
  check_add_uri(params);
  check_list(params);
  check_error(api::parse_keys(params));
  const auto gid = api::parse_gid(params);
  check_error(gid);
  if (gid)
    fuzz::require(gid->gid.size() == 16 &&
                  gid->gid.find_first_not_of("0123456789abcdef") == std::string::npos);
  check_multicall(params);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = api::parse_rpc_message(fuzz::to_text(data, size));
  check_error(message);
  if (!message) return 0;
  fuzz::require(!message->calls.empty() && (message->batch || message->calls.size() == 1));
  for (const auto& call : message->calls) {
    fuzz::require(call.id.is_null() || call.id.is_string() || call.id.is_number());
    fuzz::require(!call.notification || call.id.is_null());
    if (call.defect) {
      fuzz::require(!call.notification || call.defect->code == api::rpc_code::invalid_params);
      check_response(call.id, *call.defect);
    } else {
      check_response(call.id, json::value(call.params));
    }
    check_params(call.params);
  }
  return 0;
}
