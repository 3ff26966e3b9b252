#pragma once
// aria2.addUri: tries the URIs and makes a task.

#include "server/rpc_call.hpp"

namespace millrace::server {

/// The GID. An URI that may not be connected to, or a file that none of them gives, is an error.
async::awaitable<rpc_value> add_uri(worker& home, const boost::json::array& params);

}  // namespace millrace::server
