#pragma once
// MPEG-TS packets (ISO 13818-1 2.4.3.2 to 2.4.3.5): 188 bytes that begin with 0x47.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace millrace::live {

inline constexpr std::size_t packet_size = 188;
inline constexpr std::byte sync_byte{0x47};
using pid_type = std::uint16_t;
inline constexpr std::size_t pid_count = 8192;
inline constexpr pid_type pat_pid = 0;
inline constexpr pid_type null_pid = 0x1fff;
/// 0 to 0x1f are reserved for tables: PAT, CAT, TSDT and those of DVB (EN 300 468 5.1.3).
inline constexpr pid_type last_reserved_pid = 0x1f;

/// Reads one packet where it lies; whatever its bytes say, nothing outside of them is touched.
class packet_view {
 public:
  explicit packet_view(std::span<const std::byte, packet_size> bytes) noexcept : bytes_(bytes) {}

  std::span<const std::byte, packet_size> bytes() const noexcept { return bytes_; }
  bool has_sync() const noexcept { return bytes_[0] == sync_byte; }
  pid_type pid() const noexcept { return static_cast<pid_type>((at(1) & 0x1fU) << 8U | at(2)); }
  bool is_null() const noexcept { return pid() == null_pid; }
  bool transport_error() const noexcept { return (at(1) & 0x80U) != 0; }
  bool scrambled() const noexcept { return (at(3) & 0xc0U) != 0; }
  bool payload_unit_start() const noexcept { return (at(1) & 0x40U) != 0; }
  /// 0 to 15; counts the packets with payload of a PID.
  std::uint8_t continuity_counter() const noexcept { return static_cast<std::uint8_t>(at(3) & 0x0fU); }
  bool has_adaptation() const noexcept { return (at(3) & 0x20U) != 0; }
  bool has_payload() const noexcept { return (at(3) & 0x10U) != 0; }

  /// The adaptation field behind its length byte; empty when there is none or its length is impossible.
  std::span<const std::byte> adaptation() const noexcept;
  /// Empty when there is none or the adaptation field leaves no room for it.
  std::span<const std::byte> payload() const noexcept;
  /// The adaptation field has its byte of flags.
  bool has_flags() const noexcept { return !adaptation().empty(); }
  bool discontinuity_indicator() const noexcept { return (flags() & 0x80U) != 0; }
  bool random_access_indicator() const noexcept { return (flags() & 0x40U) != 0; }
  /// PCR in units of 27 MHz; it wraps at 300 * 2^33.
  std::optional<std::uint64_t> program_clock() const noexcept;

 private:
  unsigned at(std::size_t i) const noexcept { return std::to_integer<unsigned>(bytes_[i]); }
  unsigned flags() const noexcept;

  std::span<const std::byte, packet_size> bytes_;
};

/// The i-th packet of whole packets that lie together.
inline packet_view packet_at(std::span<const std::byte> packets, std::size_t i) noexcept {
  return packet_view(packets.subspan(i * packet_size).first<packet_size>());
}

/// The counter that follows this one.
constexpr std::uint8_t next_counter(std::uint8_t counter) noexcept {
  return static_cast<std::uint8_t>((counter + 1U) & 0x0fU);
}

/// How many sync bytes in a row, 188 apart, tell packets from accident.
inline constexpr std::size_t sync_run = 4;

/// For the first bytes of a body, which may begin inside a packet: wherever its first whole packet begins,
/// all sync bytes have to be there, at least two when it begins with the body, else three.
bool looks_like_ts(std::span<const std::byte> bytes) noexcept;

}  // namespace millrace::live
