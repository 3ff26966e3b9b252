#pragma once
// JSON-RPC 2.0 (jsonrpc.org/specification): the envelope around calls and their outcomes. Pure functions.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::api {

/// §5.1, and 1: what aria2 answers for everything that went wrong in a method.
enum class rpc_code : int {
  failed = 1,
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
};

struct rpc_error {
  rpc_code code = rpc_code::failed;
  std::string message;
};

template <class T>
using rpc_result = boost::system::result<T, rpc_error>;

/// One call, or what is wrong with it.
struct rpc_call {
  boost::json::value id = nullptr;  ///< as it came: a string, a number or null; null where it cannot be told
  bool notification = false;  ///< without an id: nobody wants an answer. What is no call at all is never one
  std::string method = {};
  boost::json::array params = {};        ///< by position, as aria2 takes them; empty when there are none
  std::optional<rpc_error> defect = {};  ///< not to be carried out: this is the outcome
};

struct rpc_message {
  bool batch = false;  ///< answers come as an array, too
  std::vector<rpc_call> calls;
};

/// How many calls one message may hold (a batch, or system.multicall).
inline constexpr std::size_t most_rpc_calls = 1'000;

/// The body of a request. The error is that of the message as a whole (id null): no JSON, neither object nor
/// array, an empty batch, more than most_rpc_calls. A missing or misspelt `jsonrpc` member is tolerated, as
/// aria2 does.
rpc_result<rpc_message> parse_rpc_message(std::string_view body);

/// {"id", "jsonrpc": "2.0", "result"} or {…, "error": {"code", "message"}}
boost::json::object rpc_response(const boost::json::value& id, const rpc_result<boost::json::value>& outcome);

/// {"code", "message"}: the error member, and how system.multicall answers a call that failed.
boost::json::object rpc_error_object(const rpc_error& error);

/// Required by boost::system::result<T, rpc_error>::value(); millrace itself asks has_value() first.
[[noreturn]] void throw_exception_from_error(const rpc_error& error, const boost::source_location& where);

}  // namespace millrace::api
