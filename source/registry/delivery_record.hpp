#pragma once
// Which bytes of a file have been delivered, by whatever responses.

#include "core/byte_runs.hpp"

#include <cstddef>
#include <optional>

namespace millrace::registry {

/// Bytes that one response has delivered.
struct delivered_run {
  byte_range bytes;
  std::optional<byte_offset> total;  ///< of the file they belong to
};

/// Not thread-safe: its owner locks.
class delivery_record {
 public:
  /// With `most_runs` separate ranges, others are not recorded.
  delivery_record(std::optional<byte_offset> total, std::size_t most_runs)
      : total_(total), most_runs_(most_runs) {}

  /// A file of another size is another file: what was delivered of the former does not count any more.
  void learn_total(byte_offset total);
  /// Bytes of a file of another size do not count.
  void add(const delivered_run& run);
  /// A response has begun that delivers the first byte, or would if there were one.
  void played() noexcept { played_ = true; }

  const std::optional<byte_offset>& total() const noexcept { return total_; }
  byte_offset delivered() const noexcept { return runs_.size(); }
  /// Every byte; an empty file once it was played.
  bool complete() const { return played_ && total_ && runs_.holds({0, *total_}); }

 private:
  byte_runs runs_;
  std::optional<byte_offset> total_;
  std::size_t most_runs_;
  bool played_ = false;
};

}  // namespace millrace::registry
