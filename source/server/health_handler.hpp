#pragma once
// GET|HEAD /health: whether this process works, for load balancers and monitors. Asks no upstream.

#include "server/request_context.hpp"

namespace millrace::server {

async::awaitable<void> handle_health(request_context& context);

}  // namespace millrace::server
