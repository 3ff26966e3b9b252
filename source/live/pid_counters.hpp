#pragma once
// The continuity counter of each PID at a place of the stream (ISO 13818-1 2.4.3.3).

#include "live/ts_packet.hpp"

#include <array>
#include <memory>
#include <vector>

namespace millrace::live {

struct pid_counter {
  pid_type pid = 0;
  std::uint8_t counter = 0;  ///< of the last packet
  bool operator==(const pid_counter&) const = default;
};

/// Used by one thread; a snapshot may go to any.
class pid_counters {
 public:
  using snapshot = std::shared_ptr<const std::vector<pid_counter>>;

  pid_counters() { places_.fill(unknown); }

  /// To be given every packet, in order; null packets have no counter.
  void observe(packet_view packet) {
    const auto pid = packet.pid();
    if (pid == null_pid) return;
    if (places_[pid] == unknown) {
      places_[pid] = static_cast<std::uint16_t>(counters_.size());
      counters_.push_back({pid, 0});
    }
    counters_[places_[pid]].counter = packet.continuity_counter();
  }

  /// All PIDs seen so far. Never null.
  snapshot read() const { return std::make_shared<const std::vector<pid_counter>>(counters_); }

 private:
  static constexpr std::uint16_t unknown = 0xffff;

  std::vector<pid_counter> counters_;
  std::array<std::uint16_t, pid_count> places_;
};

}  // namespace millrace::live
