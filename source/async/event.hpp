#pragma once
// A wake-up: notify() is remembered until one wait() has taken it. Several notifications are one.

#include "async/token.hpp"

#include <boost/asio/experimental/channel.hpp>
#include <boost/system/system_error.hpp>

namespace millrace::async {

/// For one event loop. One waiter at a time; a woken waiter looks at the state again, since notifications may
/// be old.
class event {
 public:
  explicit event(const executor& on) : channel_(on, 1) {}

  void notify() { channel_.try_send(error_code()); }

  /// Returns after a notification. Throws operation_aborted only when the waiting coroutine itself is
  /// cancelled.
  awaitable<void> wait() {
    const bool notified = co_await try_wait();
    if (!notified) throw boost::system::system_error(asio::error::operation_aborted);
  }

  /// The same, but answers false instead of throwing when cancelled.
  awaitable<bool> try_wait() {
    auto [ec] = co_await channel_.async_receive(as_result);
    co_return !ec;
  }

 private:
  asio::experimental::channel<void(error_code)> channel_;
};

}  // namespace millrace::async
