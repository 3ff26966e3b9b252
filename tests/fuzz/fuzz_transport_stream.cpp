// Whatever comes as a transport stream, however it is split: whole packets come out, the seam neither invents
// packets nor crashes, and a client that is given the tables finds them.

#include "fuzzing.hpp"
#include "live/discontinuity.hpp"
#include "live/packet_aligner.hpp"
#include "live/program_tables.hpp"
#include "live/seam.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace {

using namespace millrace;
using bytes = std::vector<std::byte>;

/// More than enough for what happens between connections; keeps runs short.
constexpr std::size_t most_bytes = 300 * live::packet_size;

/// Short packets in the input become whole ones: the fuzzer need not find 188 bytes of each. A byte of length
/// (up to 31), then so many bytes behind 0x47, then zeros; a length above tells raw bytes.
bytes expand(std::span<const std::uint8_t> in) {
  bytes out;
  while (!in.empty() && out.size() < most_bytes) {
    const auto length = std::min<std::size_t>(in[0] % 64U, in.size() - 1);
    const bool packet = in[0] < 192;
    const auto begin = out.size();
    if (packet) out.push_back(live::sync_byte);
    for (const auto value : in.subspan(1, length))
      out.push_back(static_cast<std::byte>(value));
    if (packet) out.resize(begin + live::packet_size);
    in = in.subspan(1 + length);
  }
  return out;
}

bytes align(const bytes& wire, std::size_t piece) {
  live::packet_aligner aligner;
  bytes out;
  for (std::size_t at = 0; at < wire.size(); at += piece)
    aligner.append(std::span(wire).subspan(at, std::min(piece, wire.size() - at)), out);
  aligner.finish(out);
  fuzz::require(out.size() % live::packet_size == 0);
  for (std::size_t i = 0; i < out.size() / live::packet_size; ++i)
    fuzz::require(live::packet_at(out, i).has_sync());
  return out;
}

void observe(const bytes& packets) {
  live::program_tables tables;
  for (std::size_t i = 0; i < packets.size() / live::packet_size; ++i) {
    const auto packet = live::packet_at(packets, i);
    fuzz::require(packet.adaptation().size() + packet.payload().size() <= live::packet_size - 4);
    tables.observe(packet);
    fuzz::require(tables.packets()->size() % live::packet_size == 0);
  }
  // What was given to a client tells it the same PAT.
  live::program_tables client;
  client.observe(*tables.packets());
  fuzz::require(tables.packets()->empty() == client.packets()->empty());
  live::pid_counters counters;
  for (std::size_t i = 0; i < packets.size() / live::packet_size; ++i)
    counters.observe(live::packet_at(packets, i));
  fuzz::require(live::resync_prologue(*counters.read()).size() <= packets.size());
}

/// Connections begin and end where the input says so.
void join(const bytes& packets, std::span<const std::uint8_t> cuts) {
  live::seam_limits limits;
  limits.history_packets = 40;
  limits.search_bytes = 30 * live::packet_size;
  live::seam joint(limits);
  live::seam::time_point now;
  bytes out;
  const auto count = packets.size() / live::packet_size;
  std::size_t taken = 0;
  for (const auto cut : cuts.first(std::min<std::size_t>(cuts.size(), 16))) {
    const auto begin = count == 0 ? 0 : cut % count;
    joint.begin_connection(now);
    for (std::size_t at = begin; at < count; at += 1 + cut % 5U) {
      const auto end = std::min<std::size_t>(count, at + 1 + cut % 5U);
      joint.take(std::span(packets).subspan(at * live::packet_size, (end - at) * live::packet_size), now,
                 out);
      taken += end - at;
      now += std::chrono::milliseconds(cut % 8U);
    }
    joint.settle(now, out);
    joint.end_connection(cut % 2 != 0, out);
  }
  fuzz::require(out.size() % live::packet_size == 0);
  // At most one mark goes before each packet.
  fuzz::require(out.size() / live::packet_size + joint.counters().packets_cut <= 2 * taken);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span in(data, size);
  const auto cuts = in.first(std::min<std::size_t>(size, 4));
  const auto wire = expand(in.subspan(cuts.size()));
  live::looks_like_ts(wire);
  const auto packets = align(wire, wire.size() + 1);
  for (const auto piece : {std::size_t{61}, std::size_t{188}, std::size_t{500}})
    fuzz::require(align(wire, piece) == packets);
  observe(packets);
  join(packets, cuts);
  return 0;
}
