#include "live/discontinuity.hpp"

#include <algorithm>
#include <bitset>

namespace millrace::live {

namespace {

constexpr std::size_t flags_at = 5;
constexpr std::byte indicator{0x80};

}  // namespace

bool mark_in_place(std::span<std::byte, packet_size> packet) noexcept {
  if (!packet_view(packet).has_flags()) return false;
  packet[flags_at] |= indicator;
  return true;
}

std::array<std::byte, packet_size> marker_before(packet_view following) noexcept {
  std::array<std::byte, packet_size> marker;
  marker.fill(std::byte{0xff});
  // A packet without payload repeats the counter of the one before.
  const unsigned counter = following.continuity_counter() - (following.has_payload() ? 1U : 0U);
  marker[0] = sync_byte;
  marker[1] = following.bytes()[1] & std::byte{0x1f};
  marker[2] = following.bytes()[2];
  marker[3] = std::byte{0x20} | static_cast<std::byte>(counter & 0x0fU);
  marker[4] = std::byte{packet_size - 5};
  marker[flags_at] = indicator;
  return marker;
}

void append_marked(packet_view packet, std::vector<std::byte>& out) {
  if (!packet.has_flags()) {
    const auto marker = marker_before(packet);
    out.insert(out.end(), marker.begin(), marker.end());
  }
  out.insert(out.end(), packet.bytes().begin(), packet.bytes().end());
  mark_in_place(std::span(out).last<packet_size>());
}

std::vector<std::byte> resync_prologue(std::span<const std::byte> following_packets) {
  std::vector<std::byte> out;
  std::bitset<pid_count> done;
  done.set(null_pid);
  for (std::size_t i = 0; i < following_packets.size() / packet_size; ++i) {
    const auto packet = packet_at(following_packets, i);
    if (done[packet.pid()]) continue;
    done.set(packet.pid());
    const auto marker = marker_before(packet);
    out.insert(out.end(), marker.begin(), marker.end());
  }
  return out;
}

bool continues(std::uint8_t counter, packet_view following) noexcept {
  return following.continuity_counter() == (following.has_payload() ? next_counter(counter) : counter);
}

}  // namespace millrace::live
