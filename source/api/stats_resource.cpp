#include "api/stats_resource.hpp"

#include "core/version.hpp"

namespace millrace::api {

namespace json = boost::json;
using registry::statistics;

json::object proxy_stats(const statistics& counters, const process_view& process) {
  return {{"total_streams", process.streams},
          {"active_streams", process.active_streams},
          {"total_clients", process.clients},
          {"active_clients", process.active_clients},
          {"total_bytes_served", counters.total_bytes_served.load()},
          {"total_segments_served", counters.total_segments_served.load()},
          {"uptime_seconds", counters.uptime().count()},
          {"bytes_per_second", counters.bytes_per_second()},
          {"upstream_connections_open", counters.upstream_open.load()},
          {"upstream_connections_pooled", process.pooled},
          {"retries", statistics::sum(counters.retries)},
          {"failovers", statistics::sum(counters.failovers)},
          {"memory_bytes", process.memory_bytes},
          {"buffer_bytes", process.buffer_bytes}};
}

json::object health(const statistics& counters, const process_view& process, bool draining) {
  return {{"status", draining ? "draining" : "healthy"},
          {"version", version()},
          {"uptime_seconds", counters.uptime().count()},
          {"active_streams", process.active_streams},
          {"active_clients", process.active_clients},
          {"total_bytes_served", counters.total_bytes_served.load()}};
}

json::object index(const statistics& counters, const process_view& process) {
  return {{"name", "millrace"},
          {"version", version()},
          {"message", "millrace is running. See /stats, /streams, /clients, /health and /metrics."},
          {"stats", proxy_stats(counters, process)}};
}

}  // namespace millrace::api
