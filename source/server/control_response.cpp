#include "server/control_response.hpp"

#include "server/shared_state.hpp"

#include <boost/json/serialize.hpp>

#include <fstream>
#include <utility>

#include <unistd.h>

namespace millrace::server {

namespace {

http::field_list not_to_be_kept() {
  http::field_list fields;
  fields.add("Cache-Control", "no-store");
  return fields;
}

async::awaitable<void> respond_text(request_context& context, std::string body, unsigned status) {
  auto fields = not_to_be_kept();
  fields.add("Content-Type", "application/json");
  co_await respond(context, status, std::move(fields), body);
}

/// Bytes, by proc(5); 0 when it cannot be read.
std::uint64_t resident_memory() {
  std::ifstream pages("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  pages >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

async::awaitable<void> respond_json(request_context& context, std::string body) {
  co_await respond_text(context, std::move(body), 200);
}

async::awaitable<void> respond_json(request_context& context, boost::json::object body, unsigned status) {
  auto text = boost::json::serialize(body);
  co_await respond_text(context, std::move(text), status);
}

async::awaitable<void> respond_message(request_context& context, std::string message) {
  boost::json::object body{{"message", message}};
  co_await respond_json(context, std::move(body));
}

async::awaitable<void> respond_refusal(request_context& context, http::problem why) {
  auto fields = not_to_be_kept();
  co_await respond_problem(context, why, std::move(fields));
}

async::awaitable<void> respond_not_found(request_context& context, std::string detail) {
  http::problem why{.code = http::problem_code::not_found, .detail = std::move(detail), .status = {}};
  co_await respond_refusal(context, std::move(why));
}

api::process_view look_at(const shared_state& shared) {
  const auto active = shared.directory.active(registry::wall_clock::now());
  return {.streams = shared.directory.stream_count(),
          .clients = shared.directory.client_count(),
          .active_streams = active.streams,
          .active_clients = active.clients,
          .connections = shared.clients.open(),
          .pooled = shared.pool.idle_count(),
          .memory_bytes = resident_memory(),
          .buffer_bytes = shared.buffers.used(),
          .buffer_limit = shared.buffers.limit()};
}

}  // namespace millrace::server
