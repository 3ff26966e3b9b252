#pragma once
// Bytes per second over the last second or so, without a lock, a timer or a thread.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::registry {

/// Thread-safe. Counts by slots of a quarter of a second; a slot that is too old counts as empty, and the
/// next bytes that fall into its place begin it anew.
class rate_meter {
 public:
  using clock = std::chrono::steady_clock;

  void add(std::uint64_t bytes, clock::time_point now) noexcept {
    const auto stamp = slot_at(now) << byte_bits;
    auto& slot = slots_[slot_at(now) % slots_.size()];
    auto before = slot.load(std::memory_order_relaxed);
    for (;;) {
      const bool running = (before & ~byte_mask) == stamp;
      if (slot.compare_exchange_weak(before, (running ? before : stamp) + bytes, std::memory_order_relaxed))
        return;
    }
  }

  std::uint64_t bytes_per_second(clock::time_point now) const noexcept {
    const auto current = slot_at(now);
    std::uint64_t bytes = 0, oldest = 0;
    for (std::uint64_t back = 0; back < slots_.size() && back <= current; ++back) {
      const auto kept = slots_[(current - back) % slots_.size()].load(std::memory_order_relaxed);
      if ((kept & ~byte_mask) != (current - back) << byte_bits || (kept & byte_mask) == 0) continue;
      bytes += kept & byte_mask;
      oldest = back;
    }
    const std::chrono::duration<double> since = now.time_since_epoch() - (current - oldest) * width;
    const std::chrono::duration<double> least = width;
    return static_cast<std::uint64_t>(static_cast<double>(bytes) / std::max(since, least).count());
  }

 private:
  static constexpr std::chrono::milliseconds width{250};
  static constexpr unsigned byte_bits = 40;
  static constexpr std::uint64_t byte_mask = (std::uint64_t(1) << byte_bits) - 1;

  static std::uint64_t slot_at(clock::time_point now) noexcept {
    return static_cast<std::uint64_t>(now.time_since_epoch() / width);
  }

  std::array<std::atomic<std::uint64_t>, 5>
      slots_{};  ///< the slot's number, cut to its low bits, and its bytes
};

}  // namespace millrace::registry
