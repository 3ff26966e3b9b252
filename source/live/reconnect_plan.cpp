#include "live/reconnect_plan.hpp"

#include "upstream/retry_policy.hpp"

#include <algorithm>

namespace millrace::live {

reconnect_plan::reconnect_plan(const std::vector<std::size_t>& order, std::size_t lost, bool again,
                               unsigned barren_rounds)
    : order_(order), waits_(barren_rounds) {
  const auto at = std::find(order.begin(), order.end(), lost);
  if (at == order.end()) {
    // It is no source of the stream any more.
    round_ = order_;
    return;
  }
  if (again || order.size() == 1) round_.push_back(lost);
  const auto first = static_cast<std::size_t>(at - order.begin());
  for (std::size_t step = 1; step < order.size(); ++step)
    round_.push_back(order[(first + step) % order.size()]);
}

reconnect_step reconnect_plan::next(double jitter, const upstream_settings& config) {
  reconnect_step step{.source = round_[position_], .another_left = position_ + 1 < round_.size()};
  if (position_ == 0 && waits_ > 0) step.wait = upstream::backoff(waits_ - 1, jitter, config);
  ++position_;
  if (!step.another_left) {
    round_ = order_;
    position_ = 0;
    ++rounds_;
    ++waits_;
  }
  return step;
}

}  // namespace millrace::live
