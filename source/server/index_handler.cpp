#include "server/index_handler.hpp"

#include "api/stats_resource.hpp"
#include "server/control_response.hpp"
#include "server/shared_state.hpp"

#include <utility>

namespace millrace::server {

async::awaitable<void> handle_index(request_context& context) {
  const auto& shared = context.worker.shared;
  auto body = api::index(shared.statistics, look_at(shared));
  co_await respond_json(context, std::move(body));
}

}  // namespace millrace::server
