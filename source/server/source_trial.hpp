#pragma once
// Whether a file can be had from one of its URLs, before anybody plays it.

#include "core/error.hpp"
#include "registry/stream.hpp"
#include "server/worker.hpp"

#include <chrono>
#include <optional>

namespace millrace::server {

/// What the first proper answer told.
struct tried_source {
  std::size_t source = 0;            ///< position among the URLs
  std::optional<byte_offset> total;  ///< absent where a body without length is passed through
  registry::stream_kind kind = registry::stream_kind::undecided;
};

/// Asks the URLs for their first byte in failover order, each once and without back-off, until the deadline
/// at the latest; one that hangs leaves time for the others. What is learnt of them serves the first play.
/// The failure's detail tells of each URL what happened, without credentials and query.
async::awaitable<fetch_result<tried_source>> try_sources(worker& home,
                                                         const registry::stream_definition& what,
                                                         std::chrono::steady_clock::time_point deadline);

}  // namespace millrace::server
