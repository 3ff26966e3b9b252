#include "server/router.hpp"

#include "server/clients_handler.hpp"
#include "server/failover_handler.hpp"
#include "server/health_handler.hpp"
#include "server/hls_handler.hpp"
#include "server/index_handler.hpp"
#include "server/jsonrpc_handler.hpp"
#include "server/metrics_handler.hpp"
#include "server/preflight.hpp"
#include "server/stats_handler.hpp"
#include "server/stream_handler.hpp"
#include "server/stream_id_handler.hpp"
#include "server/stream_request.hpp"
#include "server/streams_handler.hpp"

#include <array>
#include <optional>

namespace millrace::server {

namespace {

/// Without `open` a route needs the API token: what is added here is closed until somebody opens it.
constexpr std::array table{
    route{.pattern = "/stream",
          .methods = "GET, HEAD",
          .handle = handle_stream,
          .open = plays_gid_only,
          .handle_options = handle_stream_options,
          .media = true},
    route{.pattern = "/streams", .methods = "GET, HEAD", .handle = handle_list_streams},
    route{.pattern = "/streams", .methods = "POST", .handle = handle_post_stream, .takes_body = true},
    route{.pattern = "/streams/{}", .methods = "GET, HEAD", .handle = handle_show_stream},
    route{.pattern = "/streams/{}", .methods = "DELETE", .handle = handle_delete_stream},
    route{.pattern = "/clients", .methods = "GET, HEAD", .handle = handle_list_clients},
    route{.pattern = "/clients/{}", .methods = "GET, HEAD", .handle = handle_show_client},
    route{.pattern = "/clients/{}", .methods = "DELETE", .handle = handle_delete_client},
    route{.pattern = "/hls/{}/clients/{}", .methods = "DELETE", .handle = handle_delete_client_of_stream},
    route{.pattern = "/hls/{}/{}",
          .methods = "GET, HEAD",
          .handle = handle_hls,
          .open = open_to_everybody,
          .handle_options = handle_open_options,
          .media = true},
    route{.pattern = "/stats", .methods = "GET, HEAD", .handle = handle_stats},
    route{.pattern = "/stats/streams", .methods = "GET, HEAD", .handle = handle_stream_stats},
    route{.pattern = "/stats/clients", .methods = "GET, HEAD", .handle = handle_client_stats},
    route{.pattern = "/metrics", .methods = "GET, HEAD", .handle = handle_metrics},
    route{.pattern = "/stream/{}",
          .methods = "GET, HEAD",
          .handle = handle_stream_id,
          .open = open_to_everybody,
          .handle_options = handle_open_options,
          .media = true},
    route{.pattern = "/jsonrpc",
          .methods = "POST",
          .handle = handle_jsonrpc,
          .open = open_to_everybody,
          .takes_body = true},
    route{.pattern = "/streams/{}/failover", .methods = "POST", .handle = handle_failover},
    route{.pattern = "/health", .methods = "GET, HEAD", .handle = handle_health, .open = open_to_everybody},
    route{.pattern = "/", .methods = "GET, HEAD", .handle = handle_index},
};

std::optional<std::vector<std::string_view>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string_view> captures;
  for (;;) {
    const auto hole = pattern.find("{}");
    if (hole == std::string_view::npos) break;
    if (path.substr(0, hole) != pattern.substr(0, hole)) return std::nullopt;
    const auto segment = path.substr(hole, path.substr(hole).find('/'));
    if (segment.empty()) return std::nullopt;
    captures.push_back(segment);
    pattern.remove_prefix(hole + 2);
    path.remove_prefix(hole + segment.size());
  }
  if (pattern != path) return std::nullopt;
  return captures;
}

bool has_method(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const auto comma = std::min(methods.find(", "), methods.size());
    if (methods.substr(0, comma) == method) return true;
    methods.remove_prefix(std::min(comma + 2, methods.size()));
  }
  return false;
}

}  // namespace

route_match find_route(std::span<const route> all, std::string_view method, std::string_view path) {
  route_match outcome;
  for (const auto& candidate : all) {
    auto captures = match(candidate.pattern, path);
    if (!captures) continue;
    if (!outcome.path) outcome.path = &candidate;
    if (!outcome.found && has_method(candidate.methods, method)) {
      outcome.found = &candidate;
      outcome.captures = std::move(*captures);
    }
    outcome.allow += candidate.methods;
    outcome.allow += ", ";
  }
  if (outcome.path) outcome.allow += "OPTIONS";
  return outcome;
}

std::span<const route> routes() noexcept {
  return table;
}

}  // namespace millrace::server
