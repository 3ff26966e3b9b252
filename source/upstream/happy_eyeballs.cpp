#include "upstream/happy_eyeballs.hpp"

#include "async/combinators.hpp"
#include "async/task_group.hpp"

#include <functional>
#include <utility>

#include <netinet/in.h>

namespace millrace::upstream {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct race {
  explicit race(const async::executor& on) : changed(on) {}

  bool is_decided() const noexcept { return outcome.socket.has_value(); }

  async::event changed;
  std::size_t running = 0;
  connect_outcome outcome;
};

error_code prepare(tcp::socket& socket, const connect_candidate& candidate) {
  error_code ec;
  socket.open(candidate.remote.protocol(), ec);
  if (ec || !candidate.local) return ec;
#ifdef IP_BIND_ADDRESS_NO_PORT
  // The port is chosen on connect: two connections to different servers may share it.
  error_code unsupported;
  socket.set_option(asio::detail::socket_option::boolean<IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT>(true),
                    unsupported);
#endif
  socket.bind({*candidate.local, 0}, ec);
  return ec;
}

async::awaitable<void> attempt(race& shared, connect_candidate candidate) {
  tcp::socket socket(co_await asio::this_coro::executor);
  auto ec = prepare(socket, candidate);
  if (!ec) {
    const auto [refused] = co_await socket.async_connect(candidate.remote, async::as_result);
    ec = refused;
  }
  --shared.running;
  if (ec) {
    shared.outcome.failures.push_back({candidate, ec});
  } else if (!shared.is_decided()) {
    shared.outcome.socket = std::move(socket);
  }
  shared.changed.notify();
}

async::awaitable<void> run_attempts(race& shared, const std::vector<connect_candidate>& candidates,
                                    std::chrono::steady_clock::duration delay, async::task_group& attempts) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto failed = shared.outcome.failures.size();
    ++shared.running;
    attempts.spawn(attempt(shared, candidates[i]));
    if (i + 1 == candidates.size()) break;
    const auto until = std::chrono::steady_clock::now() + delay;
    while (!shared.is_decided() && shared.outcome.failures.size() == failed) {
      const auto left = until - std::chrono::steady_clock::now();
      if (left <= left.zero()) break;
      co_await async::with_timeout(left, shared.changed.try_wait());
    }
    if (shared.is_decided()) co_return;
  }
  while (!shared.is_decided() && shared.running > 0) {
    co_await shared.changed.wait();
  }
}

}  // namespace

async::awaitable<connect_outcome> connect_first(std::vector<connect_candidate> candidates,
                                                std::chrono::steady_clock::duration delay) {
  race shared(co_await asio::this_coro::executor);
  std::function<async::awaitable<void>(async::task_group&)> body = [&](async::task_group& attempts) {
    return run_attempts(shared, candidates, delay, attempts);
  };
  co_await async::with_task_group(std::move(body));
  co_return std::move(shared.outcome);
}

}  // namespace millrace::upstream
