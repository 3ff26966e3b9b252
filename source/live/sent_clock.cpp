#include "live/sent_clock.hpp"

namespace millrace::live {

namespace {

constexpr std::uint64_t second = 27'000'000;
constexpr std::uint64_t wrap = (std::uint64_t{1} << 33U) * 300;
/// There is a PCR each tenth of a second (2.7.2): where it jumps by more than this, or back, it is another
/// timeline.
constexpr std::uint64_t longest_step = second;
/// Providers start some seconds back, not hours.
constexpr std::uint64_t furthest = 60 * second;

/// From `earlier` on to `later`; nearly `wrap` when it is the other way round.
std::uint64_t between(std::uint64_t earlier, std::uint64_t later) noexcept {
  return (later + wrap - earlier) % wrap;
}

}  // namespace

void sent_clock::observe(packet_view packet) {
  ++sent_;
  const auto clock = packet.program_clock();
  if (!clock || (known_ && known_->pid != packet.pid())) return;
  if (known_ && between(known_->last, *clock) > longest_step) restart();
  if (!known_) known_ = {packet.pid(), *clock, *clock};
  known_->last = *clock;
}

std::optional<bool> sent_clock::precedes(packet_view packet) const noexcept {
  const auto clock = packet.program_clock();
  if (!clock || !known_ || known_->pid != packet.pid()) return std::nullopt;
  const auto distance = between(*clock, known_->first);
  return distance > 0 && distance < furthest;
}

}  // namespace millrace::live
