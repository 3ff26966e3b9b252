#include "api/jsonrpc.hpp"

#include "api/json_document.hpp"
#include "api/json_types.hpp"

#include <stdexcept>
#include <utility>

namespace millrace::api {

namespace json = boost::json;

namespace {

rpc_error invalid_request() {
  return {rpc_code::invalid_request, "Invalid Request."};
}

bool may_be_id(const json::value& value) noexcept {
  return value.is_string() || value.is_number() || value.is_null();
}

rpc_call parse_call(json::value& value) {
  rpc_call call;
  auto* const object = value.if_object();
  auto* const id = object ? object->if_contains("id") : nullptr;
  const bool id_is_fine = !id || may_be_id(*id);
  if (id && id_is_fine) call.id = std::move(*id);
  const auto* const method = object ? object->if_contains("method") : nullptr;
  auto* const params = object ? object->if_contains("params") : nullptr;
  const bool params_are_fine = !params || params->is_array() || params->is_object();
  if (!object || !id_is_fine || !method || !method->is_string() || !params_are_fine) {
    call.defect = invalid_request();
    return call;
  }
  call.notification = !id;
  call.method = method->get_string();
  if (params && params->is_array()) {
    call.params = std::move(params->get_array());
  } else if (params) {
    call.defect = {rpc_code::invalid_params, "Invalid params."};
  }
  return call;
}

}  // namespace

rpc_result<rpc_message> parse_rpc_message(std::string_view body) {
  auto parsed = parse_json(body);
  if (!parsed) return rpc_error{rpc_code::parse_error, "Parse error."};
  rpc_message message;
  if (auto* const batch = parsed->if_array()) {
    if (batch->empty()) return invalid_request();
    if (batch->size() > most_rpc_calls) return rpc_error{rpc_code::invalid_request, "Too many calls."};
    message.batch = true;
    message.calls.reserve(batch->size());
    for (auto& each : *batch)
      message.calls.push_back(parse_call(each));
  } else if (parsed->is_object()) {
    message.calls.push_back(parse_call(*parsed));
  } else {
    return invalid_request();
  }
  return message;
}

json::object rpc_error_object(const rpc_error& error) {
  json::object object;
  object.emplace("code", static_cast<int>(error.code));
  put_text(object, "message", error.message);
  return object;
}

json::object rpc_response(const json::value& id, const rpc_result<json::value>& outcome) {
  json::object response;
  response.emplace("id", id);
  response.emplace("jsonrpc", "2.0");
  if (outcome.has_value()) {
    response.emplace("result", *outcome);
  } else {
    response.emplace("error", rpc_error_object(outcome.error()));
  }
  return response;
}

void throw_exception_from_error(const rpc_error& error, const boost::source_location&) {
  throw std::invalid_argument(error.message);
}

}  // namespace millrace::api
