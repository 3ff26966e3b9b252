#pragma once
// The body of POST /streams → what the registry keeps.

#include "api/rejection.hpp"
#include "registry/stream.hpp"

#include <cstddef>
#include <string_view>

namespace millrace::api {

/// Limits of one definition, beside that of the body.
struct definition_limits {
  std::size_t failover_urls = 64;
  std::size_t url = 16 * 1024;   ///< bytes of each URL
  std::size_t urls = 64 * 1024;  ///< bytes of all failover URLs together
  std::size_t headers = 100;
  std::size_t header = 8 * 1024;     ///< bytes of each name with its value, and of the user agent
  std::size_t metadata = 64 * 1024;  ///< bytes of all names and values
};

/// Bad JSON and headers that may not be given are bad-request problems, everything else that is wrong is
/// `invalid`; the detail names the field. null stands for an optional member that is not there; unknown
/// members are ignored.
checked<registry::stream_definition> parse_stream_definition(std::string_view body,
                                                             const definition_limits& limits = {});

}  // namespace millrace::api
