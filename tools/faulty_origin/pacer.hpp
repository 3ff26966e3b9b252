#pragma once
// Spreads the bytes of one connection evenly over time, in steps of a few milliseconds.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::origin {

/// Pure bookkeeping: the caller sleeps until due(), sends at most quantum(rate) bytes and reports them.
class pacer {
 public:
  using clock = std::chrono::steady_clock;

  /// A new body begins. Time without sending gives no credit.
  void begin(clock::time_point now) { due_ = std::max(due_, now); }

  clock::time_point due() const { return due_; }

  static std::size_t quantum(std::uint64_t rate) {
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(rate * step.count() / 1000, 1, 1024UL * 1024));
  }

  /// A late timer is made up for, up to `most_credit`; longer waits (a client that does not read) are lost.
  void sent(std::size_t bytes, std::uint64_t rate, clock::time_point now) {
    const double seconds = static_cast<double>(bytes) / static_cast<double>(rate);
    due_ = std::max(due_, now - most_credit) +
           std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
  }

 private:
  static constexpr std::chrono::duration<std::uint64_t, std::milli> step{8};
  static constexpr std::chrono::milliseconds most_credit{20};

  clock::time_point due_{};
};

}  // namespace millrace::origin
