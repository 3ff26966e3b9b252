#include "live/discontinuity.hpp"

namespace millrace::live {

namespace {

constexpr std::size_t flags_at = 5;
constexpr std::byte indicator{0x80};

/// Without payload, so that the counter does not go on.
std::array<std::byte, packet_size> marker_of(pid_type pid, unsigned counter) noexcept {
  std::array<std::byte, packet_size> marker;
  marker.fill(std::byte{0xff});
  marker[0] = sync_byte;
  marker[1] = static_cast<std::byte>(pid >> 8U);
  marker[2] = static_cast<std::byte>(pid & 0xffU);
  marker[3] = std::byte{0x20} | static_cast<std::byte>(counter & 0x0fU);
  marker[4] = std::byte{packet_size - 5};
  marker[flags_at] = indicator;
  return marker;
}

}  // namespace

bool mark_in_place(std::span<std::byte, packet_size> packet) noexcept {
  if (!packet_view(packet).has_flags()) return false;
  packet[flags_at] |= indicator;
  return true;
}

std::array<std::byte, packet_size> marker_before(packet_view following) noexcept {
  // A packet without payload repeats the counter of the one before.
  const unsigned last = following.continuity_counter() - (following.has_payload() ? 1U : 0U);
  return marker_of(following.pid(), last);
}

void append_marked(packet_view packet, std::vector<std::byte>& out) {
  if (!packet.has_flags()) {
    const auto marker = marker_before(packet);
    out.insert(out.end(), marker.begin(), marker.end());
  }
  out.insert(out.end(), packet.bytes().begin(), packet.bytes().end());
  mark_in_place(std::span(out).last<packet_size>());
}

std::vector<std::byte> resync_prologue(std::span<const pid_counter> there) {
  std::vector<std::byte> out;
  out.reserve(there.size() * packet_size);
  for (const auto& each : there) {
    const auto marker = marker_of(each.pid, each.counter);
    out.insert(out.end(), marker.begin(), marker.end());
  }
  return out;
}

bool continues(std::uint8_t counter, packet_view following) noexcept {
  return following.continuity_counter() == (following.has_payload() ? next_counter(counter) : counter);
}

}  // namespace millrace::live
