#pragma once
// aria2's methods that need not wait for anything (aria2c(1), "RPC INTERFACE").

#include "server/rpc_call.hpp"

#include <span>
#include <string_view>

namespace millrace::server {

using rpc_method = rpc_value (*)(rpc_session& session, const boost::json::array& params);

struct named_method {
  std::string_view name;
  rpc_method call;
};

/// Null when there is none of that name.
rpc_method find_method(std::string_view name) noexcept;

/// Those about tasks: tellStatus, remove and so on.
std::span<const named_method> task_methods() noexcept;
/// Those about the server: getVersion and so on.
std::span<const named_method> server_methods() noexcept;

}  // namespace millrace::server
