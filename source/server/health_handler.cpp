#include "server/health_handler.hpp"

#include "api/stats_resource.hpp"
#include "server/control_response.hpp"
#include "server/shared_state.hpp"

#include <utility>

namespace millrace::server {

async::awaitable<void> handle_health(request_context& context) {
  const auto& shared = context.worker.shared;
  const bool draining = shared.draining.load();
  auto body = api::health(shared.statistics, look_at(shared), draining);
  co_await respond_json(context, std::move(body), draining ? 503 : 200);
}

}  // namespace millrace::server
