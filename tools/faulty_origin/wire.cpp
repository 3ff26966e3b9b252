#include "wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/err.h>

#include <utility>

namespace millrace::origin {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

wire::wire(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

awaitable<error_code> wire::wait_for(int code) {
  const int wanted = SSL_get_error(ssl_.get(), code);
  if (wanted == SSL_ERROR_ZERO_RETURN) co_return asio::error::eof;
  if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE)
    co_return asio::error::connection_reset;
  const auto direction =
      wanted == SSL_ERROR_WANT_READ ? asio::socket_base::wait_read : asio::socket_base::wait_write;
  const auto [error] = co_await socket_.async_wait(direction, as_result);
  co_return error;
}

awaitable<error_code> wire::handshake(SSL_CTX* context) {
  ssl_.reset(SSL_new(context));
  SSL_set_fd(ssl_.get(), socket_.native_handle());
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  while (socket_.is_open()) {
    ERR_clear_error();
    const int code = SSL_accept(ssl_.get());
    if (code == 1) co_return error_code();
    const error_code error = co_await wait_for(code);
    if (error) co_return error;
  }
  co_return asio::error::operation_aborted;
}

awaitable<transferred> wire::receive(std::span<char> into) {
  if (!ssl_) {
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), as_result);
    co_return transferred{error, count};
  }
  while (socket_.is_open()) {
    std::size_t count = 0;
    ERR_clear_error();
    const int code = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
    if (code == 1) co_return transferred{{}, count};
    const error_code error = co_await wait_for(code);
    if (error) co_return transferred{error, 0};
  }
  co_return transferred{asio::error::operation_aborted, 0};
}

awaitable<transferred> wire::send_some(std::string_view bytes) {
  if (!ssl_) {
    const auto [error, count] = co_await socket_.async_write_some(asio::buffer(bytes), as_result);
    co_return transferred{error, count};
  }
  while (socket_.is_open()) {
    std::size_t count = 0;
    ERR_clear_error();
    const int code = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    if (code == 1) co_return transferred{{}, count};
    const error_code error = co_await wait_for(code);
    if (error) co_return transferred{error, 0};
  }
  co_return transferred{asio::error::operation_aborted, 0};
}

awaitable<error_code> wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const transferred part = co_await send_some(bytes);
    if (part.error) co_return part.error;
    bytes.remove_prefix(part.count);
  }
  co_return error_code();
}

void wire::shutdown(bool orderly) {
  if (!socket_.is_open()) return;
  if (ssl_ && orderly && SSL_is_init_finished(ssl_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void wire::close() {
  error_code ignored;
  socket_.close(ignored);
}

void wire::reset() {
  if (!socket_.is_open()) return;
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

}  // namespace millrace::origin
