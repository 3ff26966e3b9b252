#pragma once
// How a decoder is told that the packets of a PID do not continue: discontinuity_indicator
// (ISO 13818-1 2.4.3.5).

#include "live/pid_counters.hpp"
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

/// Markers for all these PIDs: for a client that goes on at the place where their counters stood so. Whatever
/// packet of each follows there is in order behind its marker.
std::vector<std::byte> resync_prologue(std::span<const pid_counter> there);

/// What a marked packet does not need: `following` is the next of its PID after one with `counter`
/// (ISO 13818-1 2.4.3.3; that a packet may be sent twice is not considered).
bool continues(std::uint8_t counter, packet_view following) noexcept;

}  // namespace millrace::live
