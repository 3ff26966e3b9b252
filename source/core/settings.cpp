#include "core/settings.hpp"

#include "core/memory_limit.hpp"

#include <algorithm>

namespace millrace {

std::uint64_t default_max_memory() {
  // Without /proc: small enough for a small machine. A tiny control group still gets room for a few
  // transfers.
  constexpr std::uint64_t unknown = 256ull << 20;
  constexpr std::uint64_t least = 8ull << 20;
  const std::uint64_t limit = memory_limit();
  return limit == 0 ? unknown : std::max(least, limit / 4);
}

}  // namespace millrace
