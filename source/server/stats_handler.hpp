#pragma once
// /stats: the whole registry and the counters of the process.

#include "server/request_context.hpp"

namespace millrace::server {

/// GET|HEAD /stats
async::awaitable<void> handle_stats(request_context& context);
/// GET|HEAD /stats/streams
async::awaitable<void> handle_stream_stats(request_context& context);
/// GET|HEAD /stats/clients
async::awaitable<void> handle_client_stats(request_context& context);

}  // namespace millrace::server
