#include "server/health_handler.hpp"

#include "core/version.hpp"
#include "server/shared_state.hpp"

#include <spdlog/fmt/fmt.h>

namespace millrace::server {

async::awaitable<void> handle_health(request_context& context) {
  const auto& shared = context.worker.shared;
  const bool draining = shared.draining.load();
  const auto now = shared.statistics.read();
  const auto body = fmt::format(
      R"({{"status":"{}","version":"{}","uptime_seconds":{},"active_streams":{},"active_clients":{},)"
      R"("total_bytes_served":{}}})",
      draining ? "draining" : "healthy", version(), now.uptime.count(), now.active_streams,
      now.active_clients, now.total_bytes_served);
  http::field_list fields;
  fields.add("Content-Type", "application/json");
  fields.add("Cache-Control", "no-store");
  co_await respond(context, draining ? 503 : 200, std::move(fields), body);
}

}  // namespace millrace::server
