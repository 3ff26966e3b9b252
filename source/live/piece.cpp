#include "live/piece.hpp"

#include <utility>

namespace millrace::live {

void piece_builder::append(std::span<const std::byte> whole_packets) {
  if (next_.packets.empty()) {
    next_.begin.tables = tables_.packets();
    next_.begin.counters = counters_.read();
  }
  for (std::size_t i = 0; i < whole_packets.size() / packet_size; ++i) {
    const auto packet = packet_at(whole_packets, i);
    if (packet.random_access_indicator() && packet.payload_unit_start())
      next_.random_access = {next_.end() + i * packet_size, tables_.packets(), counters_.read()};
    tables_.observe(packet);
    counters_.observe(packet);
  }
  next_.packets.insert(next_.packets.end(), whole_packets.begin(), whole_packets.end());
}

piece_ptr piece_builder::take() {
  const auto end = next_.end();
  auto done = std::make_shared<piece>(std::exchange(next_, {}));
  done->packets.shrink_to_fit();
  next_.begin.at = end;
  return done;
}

}  // namespace millrace::live
