#pragma once
// What the fuzz targets share.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace millrace::fuzz {

/// An invariant: what does not hold is a find, like a crash.
inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view to_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace millrace::fuzz
