#pragma once
// Which bytes of a file are there: a set of offsets, kept as ranges that neither overlap nor touch.

#include "core/byte_range.hpp"

#include <map>
#include <optional>

namespace millrace {

class byte_runs {
 public:
  void add(byte_range range);
  void remove(byte_range range);
  /// The run that `at` lies in, from `at` on, else the first one behind it.
  std::optional<byte_range> next(byte_offset at) const;
  /// All of it; an empty range is there always.
  bool holds(byte_range range) const;
  /// Bytes in all.
  byte_offset size() const noexcept;
  /// Separate ranges.
  std::size_t count() const noexcept { return ends_.size(); }
  bool empty() const noexcept { return ends_.empty(); }

 private:
  std::map<byte_offset, byte_offset> ends_;  ///< by the runs' begins
};

}  // namespace millrace
