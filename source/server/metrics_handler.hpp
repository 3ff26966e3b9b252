#pragma once
// GET|HEAD /metrics: the counters for Prometheus.

#include "server/request_context.hpp"

namespace millrace::server {

async::awaitable<void> handle_metrics(request_context& context);

}  // namespace millrace::server
