#pragma once
// GET|HEAD /stream/{id}: a direct stream of the registry, whether it is a file, a body without ranges, or
// live.

#include "server/request_context.hpp"

namespace millrace::server {

async::awaitable<void> handle_stream_id(request_context& context);

}  // namespace millrace::server
