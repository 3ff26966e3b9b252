#pragma once
// A distribution in fixed buckets, as Prometheus scrapes it.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::registry {

/// Upper bounds in seconds: from what a warm local proxy takes to what a viewer gives up at.
inline constexpr std::array histogram_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                             0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};

/// Thread-safe, without a lock: a reader may see one observation half counted.
class histogram {
 public:
  using duration = std::chrono::steady_clock::duration;

  struct snapshot {
    std::array<std::uint64_t, histogram_bounds.size() + 1> buckets{};  ///< not cumulative; the last is +Inf
    std::uint64_t count = 0;
    double sum = 0;  ///< seconds
  };

  void observe(duration took) noexcept {
    const double seconds = std::chrono::duration<double>(took).count();
    std::size_t bucket = 0;
    while (bucket < histogram_bounds.size() && seconds > histogram_bounds[bucket])
      ++bucket;
    buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(took).count();
    nanoseconds_.fetch_add(static_cast<std::uint64_t>(nanoseconds < 0 ? 0 : nanoseconds),
                           std::memory_order_relaxed);
  }

  snapshot read() const noexcept {
    snapshot now;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      now.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
      now.count += now.buckets[i];
    }
    now.sum = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) * 1e-9;
    return now;
  }

 private:
  std::array<std::atomic<std::uint64_t>, histogram_bounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

}  // namespace millrace::registry
