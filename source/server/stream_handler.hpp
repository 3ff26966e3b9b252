#pragma once
// GET|HEAD /stream: accelerated streaming, of a URL or of a task.

#include "server/request_context.hpp"

namespace millrace::server {

/// The whole exchange: parameters, upstream, response. Failures become problem documents.
async::awaitable<void> handle_stream(request_context& context);
/// OPTIONS /stream, a preflight or not.
async::awaitable<void> handle_stream_options(request_context& context);

}  // namespace millrace::server
