#include "server/listener.hpp"

#include "async/combinators.hpp"
#include "core/log.hpp"
#include "server/ip_network.hpp"
#include "server/session.hpp"
#include "server/shared_state.hpp"

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace millrace::server {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int backlog = 4096;
constexpr int accepts_per_turn = 64;
constexpr std::chrono::milliseconds exhausted_pause{100};
constexpr std::chrono::seconds line_interval{10};

tcp::acceptor listen_at(asio::io_context& loop, const tcp::endpoint& at) {
  try {
    tcp::acceptor acceptor(loop);
    acceptor.open(at.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (at.address().is_v6()) acceptor.set_option(asio::ip::v6_only(!at.address().is_unspecified()));
    acceptor.bind(at);
    acceptor.listen(backlog);
    acceptor.non_blocking(true);
    return acceptor;
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error(fmt::format("cannot listen on {} port {}: {}", at.address().to_string(),
                                         at.port(), error.code().message()));
  }
}

/// Errors of the one connection that was about to be accepted; the next one may be fine (accept(2)).
bool concerns_one_connection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EOPNOTSUPP:
      return true;
    default:
      return false;
  }
}

void start_session(worker& home, tcp::socket socket, admission::place where) {
  home.group.spawn(run_session(home, async::make_tcp_transport(std::move(socket)), std::move(where)));
}

}  // namespace

listener::listener(asio::io_context& loop, const endpoint& at, shared_state& shared,
                   std::span<const std::unique_ptr<worker>> workers)
    : acceptor_(listen_at(loop, at)),
      local_(acceptor_.local_endpoint()),
      shared_(shared),
      workers_(workers),
      overflow_(loop.get_executor(), shared.config.listen),
      exhausted_line_(line_interval),
      full_line_(line_interval) {}

async::awaitable<void> listener::run() {
  while (acceptor_.is_open()) {
    auto [ec] = co_await acceptor_.async_wait(tcp::acceptor::wait_read, async::as_result);
    if (!acceptor_.is_open()) co_return;
    const bool fine = !ec && accept_waiting();
    if (!fine) co_await async::sleep_for(exhausted_pause);
  }
}

void listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
}

/// False when the system lacks something that only time can give back.
bool listener::accept_waiting() {
  for (int turn = 0; turn < accepts_per_turn; ++turn) {
    const int descriptor =
        ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const int error = errno;
    if (descriptor >= 0) {
      take(descriptor);
      continue;
    }
    if (error == EAGAIN || error == EWOULDBLOCK) return true;
    if (concerns_one_connection(error)) continue;
    if (exhausted_line_.permits()) {
      log::warning("cannot accept clients for the moment: {}",
                   error_code(error, boost::system::system_category()).message());
    }
    return false;
  }
  return true;
}

void listener::take(int descriptor) {
  auto& home = least_loaded();
  tcp::socket socket(home.loop);
  error_code ec;
  socket.assign(local_.protocol(), descriptor, ec);
  const auto peer = ec ? endpoint() : socket.remote_endpoint(ec);
  if (ec) {
    // Gone already, or the event loop cannot watch one more.
    if (!socket.is_open()) ::close(descriptor);
    return;
  }
  const auto address = plain_address(peer.address());
  auto where = shared_.clients.admit(address, shared_.access.is_trusted_proxy(address));
  if (where) {
    where->assign_to(home.sessions);
    asio::post(home.loop, [&home, socket = std::move(socket), place = std::move(*where)]() mutable {
      start_session(home, std::move(socket), std::move(place));
    });
    return;
  }
  ++shared_.statistics.clients_refused;
  if (full_line_.permits()) {
    const auto open = shared_.clients.open();
    if (open < shared_.config.listen.max_clients) {
      log::warning("{} has {} connections: it gets no further ones (--max-clients-per-address)",
                   address.to_string(), shared_.config.listen.max_clients_per_address);
    } else {
      log::warning("{} clients are connected: new ones are refused until some of them leave", open);
    }
  }
  tcp::socket here(acceptor_.get_executor());
  here.assign(local_.protocol(), socket.release(ec), ec);
  if (!ec) overflow_.refuse(std::move(here));
}

worker& listener::least_loaded() const {
  const auto load = [](const auto& one) { return one->sessions.load(std::memory_order_relaxed); };
  return **std::ranges::min_element(workers_, {}, load);
}

}  // namespace millrace::server
