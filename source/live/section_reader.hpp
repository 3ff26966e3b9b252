#pragma once
// Sections of program specific information (ISO 13818-1 2.4.4) out of the packets of one PID.

#include "live/ts_packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace millrace::live {

/// A packet as it was sent, and its place among the packets of its PID.
struct numbered_packet {
  std::uint64_t number = 0;
  std::array<std::byte, packet_size> bytes{};
};

/// A section in the long syntax whose CRC is right, with the packets that it lies in.
struct table_section {
  std::vector<std::byte> bytes;  ///< at least 12: header and CRC
  std::vector<numbered_packet> packets;

  std::uint8_t table_id() const noexcept { return std::to_integer<std::uint8_t>(bytes[0]); }
  /// transport_stream_id of a PAT, program_number of a PMT.
  std::uint16_t extension() const noexcept;
  std::uint8_t version() const noexcept;
  bool is_current() const noexcept { return std::to_integer<unsigned>(bytes[5] & std::byte{1}) != 0; }
  std::uint8_t number() const noexcept { return std::to_integer<std::uint8_t>(bytes[6]); }
  std::uint8_t last_number() const noexcept { return std::to_integer<std::uint8_t>(bytes[7]); }
  /// What lies between header and CRC.
  std::span<const std::byte> body() const noexcept { return std::span(bytes).subspan(8, bytes.size() - 12); }
};

/// CRC-32 of ISO 13818-1 annex A; 0 over a whole section that is right.
std::uint32_t section_crc(std::span<const std::byte> bytes) noexcept;

/// Follows one PID. Damaged, scrambled and lost packets cost the sections that they carried, no more.
class section_reader {
 public:
  /// The sections that this packet completes, mostly none or one.
  std::vector<table_section> take(packet_view packet);

  /// The counter of the last packet; none before the first.
  std::optional<std::uint8_t> counter() const noexcept { return counter_; }
  /// The packets of a section that has begun and is not complete.
  const std::vector<numbered_packet>& begun() const noexcept { return packets_; }

 private:
  bool follows(packet_view packet);
  void abandon() noexcept;
  void gather(std::span<const std::byte> bytes, bool may_begin, std::vector<table_section>& complete);
  void begin(const numbered_packet& packet) { packets_.assign(1, packet); }

  std::optional<std::uint8_t> counter_;
  std::array<std::byte, packet_size> last_{};  ///< a packet may be sent twice (2.4.3.3)
  std::uint64_t count_ = 0;
  std::vector<std::byte> bytes_;  ///< of the section that has begun
  std::vector<numbered_packet> packets_;
};

}  // namespace millrace::live
