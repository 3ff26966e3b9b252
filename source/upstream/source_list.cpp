#include "upstream/source_list.hpp"

#include <algorithm>

namespace millrace::upstream {

bool source_list::another_left() const noexcept {
  return std::find(tried_.begin(), tried_.end(), false) != tried_.end();
}

bool source_list::leave(std::size_t failed) noexcept {
  if (failed != current_) return true;
  for (std::size_t step = 1; step < tried_.size(); ++step) {
    const auto next = (current_ + step) % tried_.size();
    if (tried_[next]) continue;
    tried_[next] = true;
    current_ = next;
    good_bytes_ = 0;
    return true;
  }
  return false;
}

bool source_list::received(std::uint64_t bytes, clock::time_point now,
                           const upstream_settings& config) noexcept {
  if (good_bytes_ == 0) good_since_ = now;
  good_bytes_ += bytes;
  if (good_bytes_ < config.progress_bytes && now - good_since_ < config.progress_time) return false;
  std::fill(tried_.begin(), tried_.end(), false);
  tried_[current_] = true;
  good_bytes_ = 0;
  return true;
}

}  // namespace millrace::upstream
