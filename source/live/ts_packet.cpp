#include "live/ts_packet.hpp"

#include <algorithm>

namespace millrace::live {

namespace {

constexpr std::size_t header_size = 4;
/// More sync bytes than these prove no more.
constexpr std::size_t enough = 8;

}  // namespace

std::span<const std::byte> packet_view::adaptation() const noexcept {
  if (!has_adaptation()) return {};
  const std::size_t length = at(header_size);
  if (length > packet_size - header_size - 1) return {};
  return bytes_.subspan(header_size + 1, length);
}

std::span<const std::byte> packet_view::payload() const noexcept {
  if (!has_payload()) return {};
  const std::size_t begin = header_size + (has_adaptation() ? 1 + at(header_size) : 0);
  if (begin >= packet_size) return {};
  return bytes_.subspan(begin);
}

unsigned packet_view::flags() const noexcept {
  const auto field = adaptation();
  return field.empty() ? 0 : std::to_integer<unsigned>(field[0]);
}

std::optional<std::uint64_t> packet_view::program_clock() const noexcept {
  const auto field = adaptation();
  // The flags, then 33 bits of base, 6 reserved ones, and 9 of extension.
  if (field.size() < 7 || (flags() & 0x10U) == 0) return std::nullopt;
  std::uint64_t value = 0;
  for (const auto byte : field.subspan(1, 6))
    value = value << 8U | std::to_integer<std::uint64_t>(byte);
  return (value >> 15U) * 300 + (value & 0x1ffU);
}

bool looks_like_ts(std::span<const std::byte> bytes) noexcept {
  for (std::size_t begin = 0; begin < std::min(packet_size, bytes.size()); ++begin) {
    std::size_t found = 0;
    auto at = begin;
    while (found < enough && at < bytes.size() && bytes[at] == sync_byte) {
      ++found;
      at += packet_size;
    }
    const bool all = found == enough || at >= bytes.size();
    if (all && found >= (begin == 0 ? 2U : 3U)) return true;
  }
  return false;
}

}  // namespace millrace::live
