#pragma once
// POST /streams/{id}/failover: an operator chooses the next source that works.

#include "server/request_context.hpp"

namespace millrace::server {

async::awaitable<void> handle_failover(request_context& context);

}  // namespace millrace::server
