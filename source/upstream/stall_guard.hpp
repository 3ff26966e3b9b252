#pragma once
// The watchdog of one exchange: a deadline for the next byte and the low-speed limit, looked at in ticks
// instead of with a timer per read.

#include "async/transport.hpp"
#include "upstream/speed_meter.hpp"

#include <chrono>
#include <memory>

namespace millrace::upstream {

/// Watches the waits of one transport, which must outlive it. Its timer runs only after the first wait.
class stall_guard {
 public:
  /// `limit`: the longest wait.
  stall_guard(const async::executor& on, async::transport& link, speed_meter& meter,
              std::chrono::milliseconds limit);
  ~stall_guard();
  stall_guard(stall_guard&&) noexcept;
  stall_guard& operator=(stall_guard&&) noexcept;

  /// transport::wait_readable() under watch: errc::read_timeout or errc::low_speed when the guard cut it
  /// short.
  async::awaitable<error_code> wait_readable();
  async::awaitable<error_code> wait_writable();
  /// Another longest wait from now on.
  void limit_waits(std::chrono::milliseconds limit) noexcept;
  /// Body bytes that arrived, for the speed.
  void received(std::size_t bytes) noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace millrace::upstream
