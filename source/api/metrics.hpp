#pragma once
// GET /metrics: the counters in the Prometheus text exposition format 0.0.4. Labels hold routes, statuses and
// causes, never URLs or client ids.

#include "api/process_view.hpp"
#include "registry/statistics.hpp"

#include <string>
#include <string_view>

namespace millrace::api {

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const registry::statistics& counters, const process_view& process);

}  // namespace millrace::api
