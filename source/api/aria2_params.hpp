#pragma once
// The parameters of a call by position, each of its type; errors in aria2's words.

#include "api/jsonrpc.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::api {

rpc_error wrong_type(std::size_t position);
rpc_error missing(std::size_t position);

rpc_result<std::string_view> required_text(const boost::json::array& params, std::size_t position);
rpc_result<std::int64_t> required_integer(const boost::json::array& params, std::size_t position);
/// Refers to what is in `params`.
rpc_result<const boost::json::array*> required_list(const boost::json::array& params, std::size_t position);
/// Null when there is none.
rpc_result<const boost::json::object*> optional_struct(const boost::json::array& params,
                                                       std::size_t position);
/// The strings of a list, aria2 skips everything else in it; empty when there is none.
rpc_result<std::vector<std::string>> optional_texts(const boost::json::array& params, std::size_t position);

}  // namespace millrace::api
