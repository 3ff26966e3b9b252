#pragma once
// The order in which the URLs of one file are tried.

#include "core/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::upstream {

/// Index 0 is the primary, i the i-th mirror. Without progress each source is tried once, in cyclic order
/// from the first; good bytes make all of them eligible again.
class source_list {
 public:
  using clock = std::chrono::steady_clock;

  /// `first` is where to begin: the source that worked last.
  source_list(std::size_t count, std::size_t first)
      : tried_(count, false), current_(first < count ? first : 0) {
    tried_[current_] = true;
  }

  std::size_t current() const noexcept { return current_; }
  bool another_left() const noexcept;
  /// Leaves the source that failed. When another has become the current one meanwhile, that stays. False when
  /// every source has been tried.
  bool leave(std::size_t failed) noexcept;
  /// Good bytes of the current source. True when they were enough to restore all sources.
  bool received(std::uint64_t bytes, clock::time_point now, const upstream_settings& config) noexcept;

 private:
  std::vector<bool> tried_;
  std::size_t current_;
  std::uint64_t good_bytes_ = 0;
  clock::time_point good_since_{};
};

}  // namespace millrace::upstream
