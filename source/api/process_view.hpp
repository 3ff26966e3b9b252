#pragma once
// What the counters do not know of the process: read anew for each answer.

#include <cstddef>
#include <cstdint>

namespace millrace::api {

struct process_view {
  std::size_t streams = 0;         ///< entries of the registry
  std::size_t clients = 0;         ///< likewise
  std::size_t active_streams = 0;  ///< of these, being played
  std::size_t active_clients = 0;  ///< likewise
  std::size_t connections = 0;     ///< of clients, open
  std::size_t pooled = 0;          ///< idle upstream connections
  std::uint64_t memory_bytes = 0;  ///< resident
  std::uint64_t buffer_bytes = 0;  ///< reserved of --max-memory
  std::uint64_t buffer_limit = 0;  ///< --max-memory
};

}  // namespace millrace::api
