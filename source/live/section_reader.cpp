#include "live/section_reader.hpp"

#include <algorithm>

namespace millrace::live {

namespace {

constexpr std::size_t section_header = 3;  ///< table_id and section_length
constexpr std::size_t smallest_table = 12;
constexpr std::size_t largest_section = 4096;
/// A section lies in 23 packets at most, unless their adaptation fields leave next to no room.
constexpr std::size_t most_packets = 64;
constexpr std::byte stuffing{0xff};

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i << 24U;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc << 1U) ^ ((crc & 0x8000'0000U) != 0 ? 0x04c1'1db7U : 0U);
    table[i] = crc;
  }
  return table;
}

constexpr auto crc_table = make_crc_table();

/// Of the section that begins here; needs its first three bytes.
std::size_t section_size(std::span<const std::byte> bytes) noexcept {
  return section_header + (std::to_integer<std::size_t>(bytes[1] & std::byte{0x0f}) << 8U |
                           std::to_integer<std::size_t>(bytes[2]));
}

/// Long syntax, whole, and not damaged.
bool is_sound(std::span<const std::byte> section) noexcept {
  return section.size() >= smallest_table && (section[1] & std::byte{0x80}) != std::byte{} &&
         section_crc(section) == 0;
}

}  // namespace

std::uint32_t section_crc(std::span<const std::byte> bytes) noexcept {
  std::uint32_t crc = 0xffff'ffffU;
  for (const auto byte : bytes)
    crc = (crc << 8U) ^ crc_table[(crc >> 24U) ^ std::to_integer<std::uint32_t>(byte)];
  return crc;
}

std::uint16_t table_section::extension() const noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[3]) << 8U |
                                    std::to_integer<unsigned>(bytes[4]));
}

std::uint8_t table_section::version() const noexcept {
  return static_cast<std::uint8_t>(std::to_integer<unsigned>(bytes[5]) >> 1U & 0x1fU);
}

std::vector<table_section> section_reader::take(packet_view packet) {
  std::vector<table_section> complete;
  if (!follows(packet)) return complete;

  auto payload = packet.payload();
  numbered_packet kept{count_++, {}};
  std::ranges::copy(packet.bytes(), kept.bytes.begin());
  if (!packet.payload_unit_start()) {
    if (packets_.empty()) return complete;
    packets_.push_back(kept);
    gather(payload, false, complete);
    if (packets_.size() >= most_packets) abandon();
    return complete;
  }
  const auto pointer = std::to_integer<std::size_t>(payload[0]);
  payload = payload.subspan(1);
  if (pointer > payload.size()) {
    abandon();
    return complete;
  }
  if (!packets_.empty()) {
    packets_.push_back(kept);
    gather(payload.first(pointer), false, complete);
  }
  bytes_.clear();
  begin(kept);
  gather(payload.subspan(pointer), true, complete);
  return complete;
}

bool section_reader::follows(packet_view packet) {
  if (packet.transport_error() || packet.scrambled()) {
    abandon();
    return false;
  }
  const auto before = counter_;
  counter_ = packet.continuity_counter();
  if (packet.discontinuity_indicator()) abandon();
  if (packet.payload().empty()) return false;
  if (before == counter_ && std::ranges::equal(packet.bytes(), last_)) return false;
  if (before && next_counter(*before) != *counter_) abandon();
  std::ranges::copy(packet.bytes(), last_.begin());
  return true;
}

void section_reader::abandon() noexcept {
  bytes_.clear();
  packets_.clear();
}

void section_reader::gather(std::span<const std::byte> bytes, bool may_begin,
                            std::vector<table_section>& complete) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  while (!bytes_.empty() && bytes_[0] != stuffing) {
    if (bytes_.size() < section_header) return;
    const auto size = section_size(bytes_);
    if (size > largest_section) break;
    if (bytes_.size() < size) return;
    const auto end = bytes_.begin() + static_cast<std::ptrdiff_t>(size);
    table_section section{{bytes_.begin(), end}, packets_};
    bytes_.erase(bytes_.begin(), end);
    if (is_sound(section.bytes)) complete.push_back(std::move(section));
    // Sections begin only where payload_unit_start says so.
    if (!may_begin) break;
    begin(numbered_packet(packets_.back()));
  }
  abandon();
}

}  // namespace millrace::live
