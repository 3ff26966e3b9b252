#include "upstream/speed_meter.hpp"

namespace millrace::upstream {

bool speed_meter::add(std::uint64_t bytes, duration waited) noexcept {
  if (!is_on()) return false;
  constexpr duration second = std::chrono::seconds(1);
  bytes_ += bytes;
  waited_ += waited;
  if (waited_ < second) return streak_ >= streak_limit_;
  const auto seconds = std::chrono::duration<double>(waited_).count();
  const bool low = static_cast<double>(bytes_) < static_cast<double>(min_speed_) * seconds;
  // A wait of several seconds without a look at it counts as that many.
  streak_ = low ? streak_ + static_cast<unsigned>(waited_ / second) : 0;
  bytes_ = 0;
  waited_ = duration(0);
  return streak_ >= streak_limit_;
}

}  // namespace millrace::upstream
