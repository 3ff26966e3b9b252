#include "live/packet_history.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace millrace::live {

namespace {

constexpr std::uint64_t hash_mask = (std::uint64_t{1} << 50U) - 1;
/// So many bytes at the end, a pattern of `pattern` bytes or a divisor of it, are filling.
constexpr std::size_t examined = 32;
constexpr std::size_t pattern = 8;

bool ends_in_pattern(std::span<const std::byte, packet_size> bytes) noexcept {
  const auto end = bytes.last<examined>();
  return std::equal(end.begin() + pattern, end.end(), end.begin());
}

}  // namespace

fingerprint::fingerprint(packet_view packet) noexcept {
  const auto bytes = packet.bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  value_ = static_cast<std::uint64_t>(packet.pid()) << 51U |
           static_cast<std::uint64_t>(ends_in_pattern(bytes)) << 50U |
           (std::hash<std::string_view>{}(text)&hash_mask);
}

void packet_history::add(fingerprint packet) {
  if (ring_.size() < limit_) {
    if (ring_.size() == ring_.capacity()) ring_.reserve(std::min(limit_, 2 * ring_.size() + 1024));
    ring_.push_back(packet);
    return;
  }
  if (limit_ == 0) return;
  ring_[oldest_] = packet;
  if (++oldest_ == limit_) oldest_ = 0;
}

}  // namespace millrace::live
