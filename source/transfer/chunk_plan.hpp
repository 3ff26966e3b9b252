#pragma once
// How a range is cut into chunks, and how far ahead of the client it is fetched. Decisions only.

#include "core/byte_range.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace millrace::transfer {

struct plan_limits {
  unsigned connections = 4;              ///< parallel fetchers at most
  std::size_t chunk_size = 1024 * 1024;  ///< the largest chunk
};

/// Read-ahead is earned: the window of planned but undelivered bytes starts with one chunk, doubles when the
/// client had to wait, and shrinks when the client is the slow one. It never exceeds (connections + 1) ×
/// chunk size, which bounds the memory of the request.
class chunk_plan {
 public:
  using clock = std::chrono::steady_clock;
  using duration = clock::duration;
  static constexpr auto furthest = std::numeric_limits<byte_offset>::max();

  chunk_plan(byte_range whole, plan_limits limits);

  /// The first chunk of a request for bytes up to `end`, before anything else is known.
  static byte_range first_chunk(byte_offset begin, std::optional<byte_offset> end, const plan_limits& limits);

  /// The next chunk, which ends at `before` at the latest; nullopt while the window is full, or when
  /// everything up to there is planned.
  std::optional<byte_range> next(unsigned parallelism, byte_offset before = furthest) const;
  /// next() has been handed out.
  void commit(byte_range chunk) noexcept { cursor_ = chunk.end; }
  byte_offset cursor() const noexcept { return cursor_; }
  bool all_planned() const noexcept { return cursor_ == whole_.end; }
  bool finished() const noexcept { return delivered_ == whole_.end; }
  byte_offset delivered() const noexcept { return delivered_; }
  byte_offset window() const noexcept { return window_; }
  const byte_range& whole() const noexcept { return whole_; }

  /// The client took so many bytes.
  void deliver(byte_offset bytes) noexcept { delivered_ += bytes; }
  /// The client was ready and had to wait for the upstream.
  void client_waited(duration time) noexcept;
  /// Bytes were there and the client did not take them.
  void client_was_slow(duration time) noexcept;
  /// A chunk of so many bytes came in whole; chunks grow while they take little time. `round_trip` is the
  /// connection's.
  void chunk_took(byte_offset bytes, duration time, duration round_trip) noexcept;
  /// Plans again from `to` on, with the smallest window: what was planned beyond has been dropped.
  void rewind(byte_offset to) noexcept;
  /// How many fetchers the window can keep busy. Where one connection is as fast as memory, many only cost.
  unsigned useful_fetchers(unsigned parallelism) const noexcept;

 private:
  byte_offset tail_chunk(unsigned parallelism) const noexcept;

  byte_range whole_;
  byte_offset cursor_, delivered_;
  byte_offset first_chunk_, largest_chunk_, chunk_, smallest_tail_;
  byte_offset window_, window_limit_;
  duration waited_{0}, slow_{0};
  double recent_rate_ = 0;  ///< bytes per second of one connection
};

}  // namespace millrace::transfer
