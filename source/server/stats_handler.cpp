#include "server/stats_handler.hpp"

#include "api/stats_resource.hpp"
#include "server/control_response.hpp"
#include "server/shared_state.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace millrace::server {

async::awaitable<void> handle_stats(request_context& context) {
  const auto& shared = context.worker.shared;
  const auto streams = shared.directory.streams();
  const auto clients = shared.directory.clients();
  auto text =
      R"({"proxy_stats":)" + boost::json::serialize(api::proxy_stats(shared.statistics, look_at(shared)));
  text += R"(,"streams":[)";
  co_await append_in_turns(text, std::span(streams));
  text += R"(],"clients":[)";
  co_await append_in_turns(text, std::span(clients));
  text += "]}";
  co_await respond_json(context, std::move(text));
}

async::awaitable<void> handle_stream_stats(request_context& context) {
  const auto streams = context.worker.shared.directory.streams();
  auto text = R"({"total_streams":)" + std::to_string(streams.size()) + R"(,"streams":[)";
  co_await append_in_turns(text, std::span(streams));
  text += "]}";
  co_await respond_json(context, std::move(text));
}

async::awaitable<void> handle_client_stats(request_context& context) {
  const auto clients = context.worker.shared.directory.clients();
  auto text = R"({"total_clients":)" + std::to_string(clients.size()) + R"(,"clients":[)";
  co_await append_in_turns(text, std::span(clients));
  text += "]}";
  co_await respond_json(context, std::move(text));
}

}  // namespace millrace::server
