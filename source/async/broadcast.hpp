#pragma once
// Wakes everybody who waits for a change, on one event loop.

#include "async/token.hpp"

#include <boost/asio/steady_timer.hpp>

namespace millrace::async {

/// Not remembered, unlike event: look at the state, and wait if it is not yet as wanted.
class broadcast {
 public:
  explicit broadcast(const executor& on) : timer_(on, asio::steady_timer::time_point::max()) {}

  void notify_all() { timer_.cancel(); }

  /// Returns after notify_all(). A cancelled caller throws operation_aborted at its next co_await.
  awaitable<void> wait() { co_await timer_.async_wait(as_result); }

 private:
  asio::steady_timer timer_;
};

}  // namespace millrace::async
