#pragma once
// How a decoder is told that the packets of a PID do not continue: discontinuity_indicator
// (ISO 13818-1 2.4.3.5).

#include "live/ts_packet.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace millrace::live {

/// Appends a packet, marked: the indicator is set in it where its adaptation field has flags; otherwise a
/// packet without payload that has the indicator set goes before it. `packet` may not lie in `out`.
void append_marked(packet_view packet, std::vector<std::byte>& out);

/// Sets the indicator where the packet has flags; false when it has none.
bool mark_in_place(std::span<std::byte, packet_size> packet) noexcept;

/// The packet without payload to go before `following`: same PID, indicator set, and a counter that
/// `following` continues.
std::array<std::byte, packet_size> marker_before(packet_view following) noexcept;

/// Markers for all PIDs in `following_packets` (whole packets; null packets apart), each for the first packet
/// of its PID: for a client that skips ahead to them.
std::vector<std::byte> resync_prologue(std::span<const std::byte> following_packets);

/// What a marked packet does not need: `following` is the next of its PID after one with `counter`
/// (ISO 13818-1 2.4.3.3; that a packet may be sent twice is not considered).
bool continues(std::uint8_t counter, packet_view following) noexcept;

}  // namespace millrace::live
