#pragma once
// The program clock of what was sent (PCR, ISO 13818-1 2.4.3.5), from the beginning of its timeline on.

#include "live/ts_packet.hpp"

#include <cstdint>
#include <optional>

namespace millrace::live {

/// Follows one PID, the first that has a clock.
class sent_clock {
 public:
  /// To be given every packet that is sent.
  void observe(packet_view packet);
  /// What is sent from now on belongs to another timeline.
  void restart() noexcept { *this = {}; }

  /// Packets sent since the timeline began.
  std::uint64_t sent() const noexcept { return sent_; }
  /// Whether the packet is on that timeline and lies before its beginning, by less than a minute. Nothing
  /// when it has no clock, or one that is not followed.
  std::optional<bool> precedes(packet_view packet) const noexcept;

 private:
  struct span {
    pid_type pid = 0;
    std::uint64_t first = 0, last = 0;
  };

  std::uint64_t sent_ = 0;
  std::optional<span> known_;
};

}  // namespace millrace::live
