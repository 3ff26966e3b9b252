#include "server/preflight.hpp"

#include "server/cors.hpp"

namespace millrace::server {

async::awaitable<void> handle_open_options(request_context& context) {
  auto fields = open_to_all();
  add_preflight(fields, context.allow);
  co_await respond(context, 204, std::move(fields), {});
}

}  // namespace millrace::server
