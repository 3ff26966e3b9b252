#pragma once
// The time-outs of one connection: a deadline beside the reads and writes instead of a race for each of them.

#include "async/transport.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace millrace::server {

/// Cancels the transport's waits when the deadline passes. Moving a deadline later costs a store: the timer
/// notices when it fires. Lives on the transport's event loop and not longer than the transport.
class watchdog {
 public:
  using clock = std::chrono::steady_clock;

  watchdog(const async::executor& on, async::transport& watched);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  /// From now on; replaces the former deadline and forgets that it has passed.
  void set(clock::duration limit);
  /// No deadline.
  void clear() noexcept;
  /// Whether the deadline has passed and the waits were cancelled for it. Ask before each wait, too.
  bool expired() const noexcept;

 private:
  struct state;
  static void schedule(const std::shared_ptr<state>& self, clock::time_point when);

  std::shared_ptr<state> state_;  ///< outlives the watchdog by a queued timer handler
};

}  // namespace millrace::server
