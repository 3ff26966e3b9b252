#include "server/overflow.hpp"

#include "core/version.hpp"
#include "http/conditional.hpp"
#include "http/message_writer.hpp"
#include "http/problem.hpp"
#include "server/watchdog.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace millrace::server {

namespace asio = boost::asio;

namespace {

constexpr std::size_t waiting_limit = 64;
constexpr std::chrono::seconds waiting_time{2};
constexpr std::size_t drop_limit = 256 * 1024;

std::string busy_response(std::chrono::seconds retry_after) {
  const http::problem busy{
      .code = http::problem_code::busy,
      .detail = "Too many clients are connected to millrace, or too many from this address. Try again later.",
      .status = std::nullopt};
  const auto body = http::to_json(busy);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  http::field_list fields;
  fields.add("Date", http::format_http_date(now));
  fields.add("Server", "millrace/" + std::string(version()));
  fields.add("Content-Type", std::string(http::problem_type));
  fields.add("Content-Length", std::to_string(body.size()));
  fields.add("Retry-After", std::to_string(retry_after.count()));
  fields.add("Connection", "close");
  return http::write_response_head(http::status_of(busy), fields) + body;
}

/// The socket buffer of a new connection takes it whole.
void send_now(async::transport& client, const std::string& response) {
  const std::array buffers{asio::const_buffer(response.data(), response.size())};
  error_code ignored;
  client.write_now(buffers, ignored);
  client.shutdown_send();
}

/// Reads and drops what has arrived. would_block: nothing more now.
error_code drop_arrived(async::transport& client, std::size_t& dropped) {
  std::array<std::byte, 4096> buffer;
  error_code ec;
  while (!ec && dropped < drop_limit)
    dropped += client.read_now(buffer, ec);
  return ec;
}

/// A response before the request would puzzle some clients, and closing before its end would reset the
/// connection.
async::awaitable<void> refuse_connection(std::unique_ptr<async::transport> client, std::string response) {
  const auto on = co_await asio::this_coro::executor;
  watchdog deadline(on, *client);
  deadline.set(waiting_time);
  std::size_t dropped = 0;
  for (bool answered = false; !deadline.expired();) {
    const auto waited = co_await client->wait_readable();
    if (waited) co_return;
    const auto ec = drop_arrived(*client, dropped);
    if (!std::exchange(answered, true)) send_now(*client, response);
    if (ec != asio::error::would_block) co_return;
  }
}

}  // namespace

void overflow::refuse(asio::ip::tcp::socket socket) {
  auto client = async::make_tcp_transport(std::move(socket));
  auto response = busy_response(config_.busy_retry_after);
  if (group_.size() >= waiting_limit) {
    send_now(*client, response);
    return;
  }
  group_.spawn(refuse_connection(std::move(client), std::move(response)));
}

}  // namespace millrace::server
