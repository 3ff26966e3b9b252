#pragma once
// Low-speed detection: seconds of waiting for the upstream, and the bytes that came in them.

#include <chrono>
#include <cstdint>

namespace millrace::upstream {

/// One per upstream connection. Only time spent waiting for the upstream counts, so a client that reads
/// slowly never makes an upstream look slow.
class speed_meter {
 public:
  using duration = std::chrono::nanoseconds;

  speed_meter() = default;
  /// `min_speed` in bytes per second, 0: never low; `streak`: seconds in a row.
  speed_meter(std::uint64_t min_speed, unsigned streak) noexcept
      : min_speed_(min_speed), streak_limit_(streak) {}

  /// Adds what happened since the last call. True when the speed has been low for the whole streak.
  bool add(std::uint64_t bytes, duration waited) noexcept;
  bool is_on() const noexcept { return min_speed_ > 0; }

 private:
  std::uint64_t min_speed_ = 0;
  unsigned streak_limit_ = 0;
  unsigned streak_ = 0;
  std::uint64_t bytes_ = 0;
  duration waited_{0};
};

}  // namespace millrace::upstream
