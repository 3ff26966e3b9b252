#include "api/aria2_params.hpp"

#include "core/error.hpp"

#include <boost/json/value.hpp>
#include <spdlog/fmt/fmt.h>

#include <limits>

namespace millrace::api {

namespace json = boost::json;

rpc_error wrong_type(std::size_t position) {
  return {rpc_code::invalid_params, fmt::format("The parameter at {} has wrong type.", position)};
}

rpc_error missing(std::size_t position) {
  return {rpc_code::invalid_params, fmt::format("The parameter at {} is required but missing.", position)};
}

rpc_result<std::string_view> required_text(const json::array& params, std::size_t position) {
  if (position >= params.size()) return missing(position);
  const auto* const text = params[position].if_string();
  if (!text) return wrong_type(position);
  return std::string_view(text->data(), text->size());
}

rpc_result<std::int64_t> required_integer(const json::array& params, std::size_t position) {
  if (position >= params.size()) return missing(position);
  const auto& value = params[position];
  if (value.is_uint64()) return std::numeric_limits<std::int64_t>::max();
  error_code ec;
  const auto number = value.to_number<std::int64_t>(ec);
  if (ec) return wrong_type(position);
  return number;
}

rpc_result<const json::array*> required_list(const json::array& params, std::size_t position) {
  if (position >= params.size()) return missing(position);
  const auto* const list = params[position].if_array();
  if (!list) return wrong_type(position);
  return list;
}

rpc_result<const json::object*> optional_struct(const json::array& params, std::size_t position) {
  if (position >= params.size()) return nullptr;
  const auto* const object = params[position].if_object();
  if (!object) return wrong_type(position);
  return object;
}

rpc_result<std::vector<std::string>> optional_texts(const json::array& params, std::size_t position) {
  std::vector<std::string> texts;
  if (position >= params.size()) return texts;
  const auto* const list = params[position].if_array();
  if (!list) return wrong_type(position);
  for (const auto& each : *list) {
    if (const auto* const text = each.if_string()) texts.emplace_back(*text);
  }
  return texts;
}

}  // namespace millrace::api
