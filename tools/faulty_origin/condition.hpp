#pragma once
// Which requests of a path something concerns.

#include <cstdint>
#include <string>

namespace millrace::origin {

/// Which requests of a path something applies to. Everything given must hold; the default holds always.
struct condition {
  std::uint64_t from = 1;             ///< only from the path's n-th request on (1 = the first)
  std::uint64_t times = 0;            ///< only this many times, 0 = no limit
  double probability = 1;             ///< by a fixed pseudo-random sequence
  std::uint64_t first_byte_from = 0;  ///< only requests whose range begins at or beyond this offset
  bool reused = false;                ///< only on a connection that has answered a request before
  std::string client{};               ///< only for this address of the client (it may bind 127.0.0.x)
  std::string server{};               ///< only at this listening address of the origin
};

}  // namespace millrace::origin
