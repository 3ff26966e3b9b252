#pragma once
// The order in which the URLs of one file are tried.

#include "core/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::upstream {

/// Index 0 is the primary, i the i-th mirror. Without progress each source is tried once, in the given order
/// and cyclically; good bytes make all of them eligible again.
class source_list {
 public:
  using clock = std::chrono::steady_clock;

  /// In cyclic order from `first`: the source that worked last.
  source_list(std::size_t count, std::size_t first);
  /// In this order, each index once: registry::source_memory::order().
  explicit source_list(std::vector<std::size_t> order);

  /// One more, behind the others.
  void add();
  std::size_t current() const noexcept { return order_[position_]; }
  bool another_left() const noexcept;
  /// Leaves the source that failed. When another has become the current one meanwhile, that stays. False when
  /// every source has been tried.
  bool leave(std::size_t failed) noexcept;
  /// Goes over to that source because somebody wants it; all others are eligible again.
  void take(std::size_t wanted) noexcept;
  /// Good bytes of the current source. True when they were enough to restore all sources.
  bool received(std::uint64_t bytes, clock::time_point now, const upstream_settings& config) noexcept;

 private:
  void restore() noexcept;

  std::vector<std::size_t> order_;
  std::vector<bool> tried_;  ///< by position in the order
  std::size_t position_ = 0;
  std::uint64_t good_bytes_ = 0;
  clock::time_point good_since_{};
};

}  // namespace millrace::upstream
