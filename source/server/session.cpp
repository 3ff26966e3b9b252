#include "server/session.hpp"

#include "core/log.hpp"
#include "server/request_reader.hpp"
#include "server/serve_request.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <exception>

namespace millrace::server {

namespace asio = boost::asio;

namespace {

/// Pipelined requests are answered without waiting for the socket: now and then the others get their turn.
constexpr std::size_t requests_per_turn = 32;

async::awaitable<void> serve_client(client_link& link) {
  for (;;) {
    const auto incoming = co_await read_head(link);
    if (incoming.outcome == read_outcome::closed) co_return;
    const auto after = co_await serve_request(link, incoming);
    ++link.requests;
    if (after == connection_after::close) co_return;
    if (after == connection_after::linger) break;
    if (link.requests % requests_per_turn == 0) co_await asio::post(asio::use_awaitable);
  }
  co_await linger(link);
}

void log_failure(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) log::error("session: {}", error.what());
  } catch (const std::exception& error) {
    log::error("session: {}", error.what());
  }
}

}  // namespace

async::awaitable<void> run_session(worker& home, std::unique_ptr<async::transport> client,
                                   admission::place where) {
  try {
    const auto on = co_await asio::this_coro::executor;
    client_link link{
        .home = home, .socket = *client, .peer = where.address(), .deadline = watchdog(on, *client)};
    co_await serve_client(link);
  } catch (...) {
    log_failure(std::current_exception());
  }
}

}  // namespace millrace::server
