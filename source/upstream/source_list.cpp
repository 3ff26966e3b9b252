#include "upstream/source_list.hpp"

#include <algorithm>
#include <utility>

namespace millrace::upstream {

namespace {

std::vector<std::size_t> cyclic(std::size_t count, std::size_t first) {
  std::vector<std::size_t> order;
  order.reserve(count);
  const auto begin = first < count ? first : 0;
  for (std::size_t step = 0; step < count; ++step)
    order.push_back((begin + step) % count);
  return order;
}

}  // namespace

source_list::source_list(std::size_t count, std::size_t first) : source_list(cyclic(count, first)) {}

source_list::source_list(std::vector<std::size_t> order)
    : order_(std::move(order)), tried_(order_.size(), false) {
  tried_.front() = true;
}

void source_list::add() {
  order_.push_back(order_.size());
  tried_.push_back(false);
}

bool source_list::another_left() const noexcept {
  return std::find(tried_.begin(), tried_.end(), false) != tried_.end();
}

bool source_list::leave(std::size_t failed) noexcept {
  if (failed != current()) return true;
  for (std::size_t step = 1; step < tried_.size(); ++step) {
    const auto next = (position_ + step) % tried_.size();
    if (tried_[next]) continue;
    tried_[next] = true;
    position_ = next;
    good_bytes_ = 0;
    return true;
  }
  return false;
}

void source_list::take(std::size_t wanted) noexcept {
  const auto found = std::find(order_.begin(), order_.end(), wanted);
  if (found == order_.end()) return;
  position_ = static_cast<std::size_t>(found - order_.begin());
  restore();
}

void source_list::restore() noexcept {
  std::fill(tried_.begin(), tried_.end(), false);
  tried_[position_] = true;
  good_bytes_ = 0;
}

bool source_list::received(std::uint64_t bytes, clock::time_point now,
                           const upstream_settings& config) noexcept {
  if (good_bytes_ == 0) good_since_ = now;
  good_bytes_ += bytes;
  if (good_bytes_ < config.progress_bytes && now - good_since_ < config.progress_time) return false;
  restore();
  return true;
}

}  // namespace millrace::upstream
