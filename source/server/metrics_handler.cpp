#include "server/metrics_handler.hpp"

#include "api/metrics.hpp"
#include "server/control_response.hpp"
#include "server/shared_state.hpp"

namespace millrace::server {

async::awaitable<void> handle_metrics(request_context& context) {
  const auto& shared = context.worker.shared;
  const auto body = api::metrics_text(shared.statistics, look_at(shared));
  http::field_list fields;
  fields.add("Content-Type", std::string(api::metrics_type));
  fields.add("Cache-Control", "no-store");
  co_await respond(context, 200, std::move(fields), body);
}

}  // namespace millrace::server
