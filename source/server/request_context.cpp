#include "server/request_context.hpp"

#include "core/version.hpp"
#include "http/message_writer.hpp"
#include "server/cors.hpp"
#include "server/shared_state.hpp"

#include <algorithm>
#include <array>

namespace millrace::server {

namespace asio = boost::asio;

namespace {

bool has_no_content(unsigned status) {
  return status < 200 || status == 204 || status == 304;
}

/// Head and body in one system call where the socket takes them; the deadline starts anew with each byte it
/// takes.
async::awaitable<error_code> write_response(request_context& context, std::string_view head,
                                            std::string_view body) {
  const auto limit = context.worker.shared.config.listen.send_timeout;
  std::size_t written = 0;
  error_code outcome;
  while (written < head.size() + body.size()) {
    const auto head_done = std::min(written, head.size());
    const std::array<asio::const_buffer, 2> rest{
        asio::buffer(head.substr(head_done)),
        asio::buffer(body.substr(written - head_done)),
    };
    const auto taken = context.client.write_now(rest, outcome);
    written += taken;
    if (!outcome) continue;
    if (outcome != asio::error::would_block) break;
    context.deadline.set(limit);
    outcome = co_await context.client.wait_writable();
    if (outcome || context.deadline.expired()) break;
  }
  if (context.deadline.expired()) outcome = errc::read_timeout;
  context.deadline.clear();
  if (written > head.size()) context.sent.bytes += written - head.size();
  co_return outcome;
}

async::awaitable<void> send_response(request_context& context, std::string_view head, std::string_view body) {
  const auto failure = co_await write_response(context, head, body);
  if (!failure) co_return;
  client_failed(context, failure);
  context.keep_alive = false;
}

}  // namespace

std::string response_head(const request_context& context, unsigned status, http::field_list fields) {
  fields.set("Date", context.worker.date.now());
  fields.set("Server", "millrace/" + std::string(version()));
  if (!context.keep_alive) {
    fields.set("Connection", "close");
  } else if (context.request.version == 10) {
    fields.set("Connection", "keep-alive");
  }
  if (!context.named_origin.empty()) add_cors_for(fields, context.named_origin);
  if (context.differs_by_origin) fields.set("Vary", "Origin");
  context.sent.status = status;
  return http::write_response_head(status, fields);
}

async::awaitable<void> respond(request_context& context, unsigned status, http::field_list fields,
                               std::string_view body) {
  const bool empty = has_no_content(status);
  if (!empty) fields.set("Content-Length", std::to_string(body.size()));
  const auto head = response_head(context, status, std::move(fields));
  co_await send_response(context, head, empty || context.is_head() ? std::string_view() : body);
}

async::awaitable<void> respond_head(request_context& context, unsigned status, http::field_list fields) {
  const auto head = response_head(context, status, std::move(fields));
  co_await send_response(context, head, {});
}

void client_failed(request_context& context, const error_code& why) {
  if (why == errc::read_timeout) context.worker.shared.statistics.count_limit(registry::limit::send_time);
}

async::awaitable<void> respond_problem(request_context& context, const http::problem& problem,
                                       http::field_list fields) {
  fields.set("Content-Type", std::string(http::problem_type));
  const auto body = http::to_json(problem);
  co_await respond(context, http::status_of(problem), std::move(fields), body);
}

}  // namespace millrace::server
