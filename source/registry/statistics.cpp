#include "registry/statistics.hpp"

namespace millrace::registry {

void statistics::count_request(std::string_view route, unsigned status) {
  const std::scoped_lock lock(mutex_);
  ++requests_[{route, status}];
}

statistics::request_counts statistics::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void statistics::sample_speed(clock::time_point now) {
  const auto bytes = total_bytes_served.load(std::memory_order_relaxed);
  const std::scoped_lock lock(mutex_);
  const auto passed = std::chrono::duration<double>(now - sampled_at_).count();
  if (passed > 0) speed_ = static_cast<std::uint64_t>(static_cast<double>(bytes - sampled_bytes_) / passed);
  sampled_at_ = now;
  sampled_bytes_ = bytes;
}

std::uint64_t statistics::bytes_per_second() const {
  const std::scoped_lock lock(mutex_);
  return speed_;
}

}  // namespace millrace::registry
