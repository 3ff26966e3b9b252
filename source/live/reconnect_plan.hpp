#pragma once
// After the fault of a live stream's source: which source is tried next, and when. Decisions only.

#include "core/settings.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace millrace::live {

/// One step of the plan.
struct reconnect_step {
  std::size_t source = 0;
  std::chrono::milliseconds wait{0};  ///< before it is tried
  bool another_left = false;          ///< in this round
};

/// The lost source once more at once, unless that is useless; then each of the others once; then, with
/// back-off, round after round. Where whole rounds brought next to nothing before, it begins with the
/// back-off.
class reconnect_plan {
 public:
  /// `order`: all sources, the preferred one first. `lost`: the one that failed. `again`: it may be tried
  /// again at once. `barren_rounds`: how many times each source has been connected in vain before.
  reconnect_plan(const std::vector<std::size_t>& order, std::size_t lost, bool again, unsigned barren_rounds);

  /// `jitter` is in [0, 1).
  reconnect_step next(double jitter, const upstream_settings& config);
  /// What next() will answer as source in this round.
  std::size_t following() const noexcept { return round_[position_]; }
  unsigned rounds() const noexcept { return rounds_; }  ///< that are over

 private:
  std::vector<std::size_t> order_, round_;
  std::size_t position_ = 0;
  unsigned rounds_ = 0, waits_;
};

}  // namespace millrace::live
