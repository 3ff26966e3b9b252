#pragma once
// Valid packets to test with, and an independent judge of what came out.

#include "live/section_reader.hpp"
#include "live/ts_packet.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace::test {

using bytes = std::vector<std::byte>;

inline constexpr unsigned video_pid = 0x100;
inline constexpr unsigned audio_pid = 0x101;
inline constexpr unsigned pmt_pid = 0x1000;

/// A program and the PID of its PMT.
using program = std::pair<unsigned, unsigned>;

struct packet_parts {
  unsigned pid = 0;
  bool unit_start = false;
  int flags = -1;  ///< of the adaptation field; -1: none
  bool with_payload = true;
  std::optional<std::uint64_t> clock = std::nullopt;  ///< PCR, with the other flags
};

/// A long section with its CRC; `number` of `last_number`.
inline bytes make_section(unsigned table_id, unsigned extension, unsigned version, const bytes& body,
                          unsigned number = 0, unsigned last_number = 0) {
  const auto length = body.size() + 9;
  bytes section;
  for (const auto value :
       {static_cast<std::size_t>(table_id), 0xb0U | length >> 8U, length & 0xffU,
        static_cast<std::size_t>(extension >> 8U), static_cast<std::size_t>(extension & 0xffU),
        static_cast<std::size_t>(0xc1U | version << 1U), static_cast<std::size_t>(number),
        static_cast<std::size_t>(last_number)})
    section.push_back(static_cast<std::byte>(value));
  section.insert(section.end(), body.begin(), body.end());
  const auto crc = live::section_crc(section);
  for (const auto shift : {24U, 16U, 8U, 0U})
    section.push_back(static_cast<std::byte>(crc >> shift & 0xffU));
  return section;
}

inline bytes pat_section(const std::vector<program>& programs, unsigned version = 0, unsigned number = 0,
                         unsigned last_number = 0) {
  bytes body;
  for (const auto& [id, pid] : programs)
    for (const auto value : {id >> 8U, id & 0xffU, 0xe0U | pid >> 8U, pid & 0xffU})
      body.push_back(static_cast<std::byte>(value));
  return make_section(0, 1, version, body, number, last_number);
}

/// The body of a PMT matters to nobody here; `size` makes it long.
inline bytes pmt_section(unsigned id, unsigned version = 0, std::size_t size = 20) {
  return make_section(2, id, version, bytes(size, static_cast<std::byte>(id)));
}

inline void add(bytes& to, const bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// The six bytes of a PCR (ISO 13818-1 2.4.3.4).
inline void add_clock(bytes& to, std::uint64_t clock) {
  const auto coded = clock / 300 << 15U | 0x7e00U | clock % 300;
  for (const auto shift : {40U, 32U, 24U, 16U, 8U, 0U})
    to.push_back(static_cast<std::byte>(coded >> shift & 0xffU));
}

/// Makes packets whose counters are in order.
class ts_writer {
 public:
  explicit ts_writer(std::uint64_t seed = 1) : random_(seed) {}

  /// Payload: `content`, then stuffing; random bytes when it is empty.
  bytes packet(const packet_parts& parts, std::span<const std::byte> content = {}) {
    auto& counter = counters_[parts.pid];
    if (parts.with_payload) counter = (counter + 1) % 16;
    const bool field = parts.flags >= 0 || parts.clock;
    bytes out{live::sync_byte, static_cast<std::byte>((parts.unit_start ? 0x40U : 0U) | parts.pid >> 8U),
              static_cast<std::byte>(parts.pid & 0xffU),
              static_cast<std::byte>((field ? 0x20U : 0U) | (parts.with_payload ? 0x10U : 0U) | counter)};
    if (field) {
      const std::size_t least = parts.clock ? 7 : 1;
      const std::size_t length = parts.with_payload ? least : live::packet_size - 5;
      out.push_back(static_cast<std::byte>(length));
      out.push_back(static_cast<std::byte>(std::max(parts.flags, 0) | (parts.clock ? 0x10 : 0)));
      if (parts.clock) add_clock(out, *parts.clock);
      out.resize(5 + length, std::byte{0xff});
    }
    out.insert(out.end(), content.begin(), content.end());
    while (out.size() < live::packet_size)
      out.push_back(content.empty() ? static_cast<std::byte>(random_() & 0xffU) : std::byte{0xff});
    return out;
  }
  bytes essence(unsigned pid = video_pid) { return packet({.pid = pid}); }
  /// All null packets are equal.
  bytes null() {
    set_counter(live::null_pid, 0);
    return packet({.pid = live::null_pid}, std::array{std::byte{}});
  }

  /// Sections one behind the other, in as many packets as they need.
  bytes sections(unsigned pid, const std::vector<bytes>& all) {
    bytes out;
    bytes rest;
    std::vector<std::size_t> begins;
    for (const auto& section : all) {
      begins.push_back(rest.size());
      rest.insert(rest.end(), section.begin(), section.end());
    }
    for (std::size_t at = 0, next = 0; at < rest.size();) {
      const bool starts = next < begins.size() && begins[next] < at + live::packet_size - 5;
      bytes payload;
      if (starts) payload.push_back(static_cast<std::byte>(begins[next] - at));
      auto end = std::min(rest.size(), at + live::packet_size - 4 - payload.size());
      if (!starts && next < begins.size()) end = std::min(end, begins[next]);
      payload.insert(payload.end(), rest.begin() + static_cast<std::ptrdiff_t>(at),
                     rest.begin() + static_cast<std::ptrdiff_t>(end));
      add(out, packet({.pid = pid, .unit_start = starts}, payload));
      at = end;
      while (next < begins.size() && begins[next] < at)
        ++next;
    }
    return out;
  }
  bytes section(unsigned pid, const bytes& only) { return sections(pid, {only}); }
  bytes pat(const std::vector<program>& programs = {{1, pmt_pid}}, unsigned version = 0) {
    return section(live::pat_pid, pat_section(programs, version));
  }
  bytes pmt() { return section(pmt_pid, pmt_section(1)); }
  /// Where the counter of a PID is to go on.
  void set_counter(unsigned pid, unsigned last) { counters_[pid] = last; }
  std::mt19937_64& random() { return random_; }

 private:
  std::mt19937_64 random_;
  std::map<unsigned, unsigned> counters_;
};

/// Packets [begin, end) of whole packets.
inline bytes part(const bytes& packets, std::size_t begin, std::size_t end) {
  const auto at = [&](std::size_t i) {
    return packets.begin() + static_cast<std::ptrdiff_t>(i * live::packet_size);
  };
  return {at(begin), at(end)};
}
inline std::size_t count(const bytes& packets) {
  return packets.size() / live::packet_size;
}

/// Reads counters and marks by itself, from the bytes.
struct judgement {
  std::size_t unannounced = 0;  ///< jumps of a counter
  std::size_t marks = 0;        ///< discontinuity_indicator
  bytes content;                ///< without the packets that only carry a mark, and without the marks
};

inline judgement judge(const bytes& packets) {
  judgement seen;
  std::map<unsigned, unsigned> last;
  for (std::size_t at = 0; at + 188 <= packets.size(); at += 188) {
    const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(packets[at + i]); };
    const auto pid = (byte(1) & 31U) * 256 + byte(2);
    const bool adaptation = (byte(3) & 0x20U) != 0;
    const bool payload = (byte(3) & 0x10U) != 0;
    const bool mark = adaptation && byte(4) > 0 && (byte(5) & 0x80U) != 0;
    const auto counter = byte(3) & 15U;
    if (mark) ++seen.marks;
    if (pid != 0x1fff && !mark && last.contains(pid) &&
        counter != (payload ? (last[pid] + 1) % 16 : last[pid]))
      ++seen.unannounced;
    last[pid] = counter;
    if (mark && !payload) continue;
    auto copy = part(packets, at / 188, at / 188 + 1);
    if (mark) copy[5] &= std::byte{0x7f};
    add(seen.content, copy);
  }
  return seen;
}

}  // namespace millrace::test
