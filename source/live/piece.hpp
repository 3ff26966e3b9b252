#pragma once
// A part of a broadcast that goes to all its clients: whole packets, immutable, shared by all event loops.

#include "live/pid_counters.hpp"
#include "live/program_tables.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace millrace::live {

/// Positions count the bytes of the broadcast from its beginning; packets begin at multiples of packet_size.
using position = std::uint64_t;

/// A place where a decoder can begin, and the tables that it needs before.
struct entry_point {
  position at = 0;
  program_tables::snapshot tables;
  pid_counters::snapshot counters;  ///< as they stand there
};

struct piece {
  entry_point begin;
  std::optional<entry_point> random_access;  ///< the last one in it (random_access_indicator)
  std::vector<std::byte> packets;

  position end() const noexcept { return begin.at + packets.size(); }
};
using piece_ptr = std::shared_ptr<const piece>;

/// Packets in order → pieces.
class piece_builder {
 public:
  void append(std::span<const std::byte> whole_packets);
  std::size_t size() const noexcept { return next_.packets.size(); }
  /// What has been appended since the last time.
  piece_ptr take();

 private:
  program_tables tables_;
  pid_counters counters_;
  piece next_;
};

}  // namespace millrace::live
