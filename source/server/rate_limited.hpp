#pragma once
// Log lines that would come by the thousand: one per interval.

#include <chrono>

namespace millrace::server {

/// For one event loop.
class rate_limited {
 public:
  using clock = std::chrono::steady_clock;

  explicit rate_limited(clock::duration interval) : interval_(interval) {}

  /// Whether the line may be written now.
  bool permits(clock::time_point now = clock::now()) noexcept {
    if (now < next_) return false;
    next_ = now + interval_;
    return true;
  }

 private:
  clock::duration interval_;
  clock::time_point next_ = clock::time_point::min();
};

}  // namespace millrace::server
