#pragma once
// The parameters of aria2's methods (aria2c(1), "RPC INTERFACE"), read into types. Pure functions.

#include "api/jsonrpc.hpp"
#include "core/url.hpp"
#include "registry/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::api {

/// Takes a leading "token:SECRET" out of the parameters: the secret, nothing when there is none.
std::optional<std::string> take_secret(boost::json::array& params);

/// aria2.addUri.
struct add_uri_request {
  registry::stream_definition definition;  ///< sources: the URIs in failover order; headers with the referer
  std::string out;                         ///< file name, empty: the upstream's
  unsigned connections = 0;                ///< 0: the server's
  registry::pairs options;  ///< those used, as given, for getOption (a header list joined by \n)
};
/// The same URI given again counts once. Options that millrace does not use are ignored, whatever they are,
/// and so is the position; what is wrong is invalid_params with a message that names it, without userinfo and
/// query.
rpc_result<add_uri_request> parse_add_uri(const boost::json::array& params);

/// Methods that take [gid] or [gid, keys].
struct gid_request {
  std::string gid;                ///< 16 lower-case hex digits
  std::vector<std::string> keys;  ///< empty: all
};
rpc_result<gid_request> parse_gid(const boost::json::array& params);

/// tellActive: [keys].
rpc_result<std::vector<std::string>> parse_keys(const boost::json::array& params);

/// tellWaiting and tellStopped: [offset, num, keys]. A negative offset counts from the end and goes
/// backwards.
struct list_request {
  std::int64_t offset = 0;
  std::int64_t count = 0;  ///< at least 0
  std::vector<std::string> keys;

  /// Which of `size` entries are meant, in the order to answer.
  std::vector<std::size_t> pick(std::size_t size) const;
};
rpc_result<list_request> parse_list(const boost::json::array& params);

/// system.multicall: [[{"methodName", "params"}…]]. What is no call, or another system.multicall, carries its
/// defect; none is a notification. At most most_rpc_calls.
rpc_result<std::vector<rpc_call>> parse_multicall(const boost::json::array& params);

}  // namespace millrace::api
