#pragma once
// Bytes as they come from an upstream become whole packets, in sync (ISO 13818-1 annex G.1).

#include "live/ts_packet.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace millrace::live {

/// A connection's first packet flows when the next one's sync byte was seen. Where sync is lost, it is found
/// again at `sync_run` sync bytes in a row, 188 apart; what lies between is dropped.
class packet_aligner {
 public:
  /// Appends the packets that `in` completes.
  void append(std::span<const std::byte> in, std::vector<std::byte>& out);

  /// The connection has ended: whole packets that still waited for more sync bytes are appended if all that
  /// came agree.
  void finish(std::vector<std::byte>& out);

  /// A new connection begins; a partial packet of the old one is dropped.
  void reset() noexcept;

  /// Bytes of this connection that belonged to no packet.
  std::size_t dropped() const noexcept { return dropped_; }

 private:
  enum class state { starting, searching, aligned };

  std::size_t take_aligned(std::span<const std::byte> in, std::vector<std::byte>& out);
  std::size_t search(std::span<const std::byte> in);

  state state_ = state::starting;
  std::vector<std::byte> partial_;  ///< begins with a packet when aligned; else what is to be searched
  std::size_t dropped_ = 0;
};

}  // namespace millrace::live
