#include "rate_meter.hpp"

#include <utility>

namespace millrace::ctl {

void rate_meter::begin(clock::time_point now) {
  if (begun_ && now > time_) elapsed_ = now - time_;
  begun_ = true;
  time_ = now;
  before_ = std::exchange(now_, {});
}

std::optional<double> rate_meter::rate(const std::string& counter, std::uint64_t value) {
  now_[counter] = value;
  if (!elapsed_) return std::nullopt;
  const auto found = before_.find(counter);
  const std::uint64_t start = found == before_.end() ? 0 : found->second;
  if (value < start) return std::nullopt;
  return static_cast<double>(value - start) / elapsed_->count();
}

}  // namespace millrace::ctl
