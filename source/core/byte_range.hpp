#pragma once
// Half-open byte ranges inside; the closed form of RFC 9110 §14.1.2 exists only on the wire.

#include <algorithm>
#include <cstdint>

namespace millrace {

using byte_offset = std::uint64_t;

/// [begin, end). Empty when begin == end; begin <= end always.
struct byte_range {
  byte_offset begin = 0;
  byte_offset end = 0;

  constexpr byte_offset size() const noexcept { return end - begin; }
  constexpr bool empty() const noexcept { return begin == end; }
  constexpr bool operator==(const byte_range&) const noexcept = default;
};

}  // namespace millrace
