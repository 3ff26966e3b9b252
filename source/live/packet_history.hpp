#pragma once
// What was sent, as far back as it matters for finding repeats: 8 bytes a packet.

#include "live/ts_packet.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::live {

/// The PID and 50 bits of hash. Equal packets have equal fingerprints; the PID stays readable, because which
/// PIDs carry tables may be learnt later.
class fingerprint {
 public:
  fingerprint() = default;
  explicit fingerprint(packet_view packet) noexcept;

  pid_type pid() const noexcept { return static_cast<pid_type>(value_ >> 51U); }
  /// The packet ends in one byte, or a short pattern, repeated: encoders fill with many such packets, and
  /// their equality proves nothing.
  bool filler() const noexcept { return (value_ >> 50U & 1U) != 0; }
  std::uint64_t value() const noexcept { return value_; }
  bool operator==(const fingerprint&) const = default;

 private:
  std::uint64_t value_ = 0;
};

/// The last `limit` fingerprints; memory grows as they come.
class packet_history {
 public:
  explicit packet_history(std::size_t limit) noexcept : limit_(limit) {}

  void add(fingerprint packet);
  std::size_t size() const noexcept { return ring_.size(); }
  /// 0 is the oldest.
  fingerprint operator[](std::size_t i) const noexcept {
    const auto at = oldest_ + i;
    return ring_[at < ring_.size() ? at : at - ring_.size()];
  }

 private:
  std::size_t limit_;
  std::size_t oldest_ = 0;
  std::vector<fingerprint> ring_;
};

}  // namespace millrace::live
