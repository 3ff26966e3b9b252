#include "async/transport.hpp"

#include "async/socket_transport.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace millrace::async {

namespace {

constexpr std::size_t max_parts = 16;  ///< buffers per system call; what is beyond them waits for the next

error_code last_error() noexcept {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return asio::error::would_block;
  return {errno, boost::system::system_category()};
}

transport::endpoint local_of(const asio::ip::tcp::socket& socket) {
  error_code ignored;
  return socket.local_endpoint(ignored);
}

transport::endpoint remote_of(const asio::ip::tcp::socket& socket) {
  error_code ignored;
  return socket.remote_endpoint(ignored);
}

class tcp_transport final : public socket_transport {
 public:
  using socket_transport::socket_transport;

  std::size_t read_now(std::span<std::byte> into, error_code& ec) noexcept override {
    ec = {};
    if (into.empty()) return 0;
    ssize_t got;
    do {
      got = ::recv(native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got > 0) return static_cast<std::size_t>(got);
    ec = got == 0 ? error_code(asio::error::eof) : last_error();
    return 0;
  }

  std::size_t write_now(std::span<const asio::const_buffer> from, error_code& ec) noexcept override {
    ec = {};
    std::array<iovec, max_parts> parts;
    std::size_t count = 0;
    for (const auto& buffer : from) {
      if (buffer.size() == 0) continue;
      if (count == parts.size()) break;
      parts[count++] = {const_cast<void*>(buffer.data()), buffer.size()};
    }
    if (count == 0) return 0;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    ssize_t sent;
    do {
      sent = ::sendmsg(native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    ec = last_error();
    return 0;
  }

  void shutdown_send() noexcept override { ::shutdown(native_handle(), SHUT_WR); }

  bool idle_and_open() noexcept override {
    char byte;
    const auto got = ::recv(native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  bool is_tls() const noexcept override { return false; }
};

}  // namespace

socket_transport::socket_transport(asio::ip::tcp::socket socket)
    : transport(local_of(socket), remote_of(socket)),
      socket_(std::move(socket)),
      descriptor_(socket_.native_handle()) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

awaitable<error_code> socket_transport::wait_for(asio::socket_base::wait_type what) {
  const auto [ec] = co_await socket_.async_wait(what, as_result);
  co_return ec;
}

void socket_transport::cancel() noexcept {
  error_code ignored;
  socket_.cancel(ignored);
}

void socket_transport::move_to(const executor& target) {
  if (socket_.get_executor() == target) return;
  const auto protocol = remote().protocol();
  asio::ip::tcp::socket moved(target);
  error_code ec;
  descriptor_ = socket_.release(ec);
  if (ec) throw boost::system::system_error(ec, "release");
  moved.assign(protocol, descriptor_, ec);
  if (ec) {
    ::close(std::exchange(descriptor_, -1));
    throw boost::system::system_error(ec, "assign");
  }
  socket_ = std::move(moved);
}

std::unique_ptr<transport> make_tcp_transport(asio::ip::tcp::socket socket) {
  return std::make_unique<tcp_transport>(std::move(socket));
}

void reset_on_close(transport& link) noexcept {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(link.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

awaitable<std::size_t> read_some(transport& from, std::span<std::byte> into, error_code& ec) {
  while (true) {
    const auto got = from.read_now(into, ec);
    if (ec != asio::error::would_block) co_return got;
    ec = co_await from.wait_readable();
    if (ec) co_return 0;
  }
}

awaitable<error_code> write_all(transport& to, std::span<const asio::const_buffer> buffers) {
  std::size_t skip = 0;  // bytes of buffers.front() that are sent
  while (true) {
    while (!buffers.empty() && skip >= buffers.front().size()) {
      skip -= buffers.front().size();
      buffers = buffers.subspan(1);
    }
    if (buffers.empty()) co_return error_code();

    std::array<asio::const_buffer, max_parts> parts;
    const auto count = std::min(parts.size(), buffers.size());
    std::copy_n(buffers.begin(), count, parts.begin());
    parts[0] += skip;
    error_code ec;
    skip += to.write_now(std::span(parts).first(count), ec);
    if (ec == asio::error::would_block) ec = co_await to.wait_writable();
    if (ec) co_return ec;
  }
}

}  // namespace millrace::async
