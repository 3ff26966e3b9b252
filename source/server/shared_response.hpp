#pragma once
// A segment that several clients get from one upstream fetch, as one client's response.

#include "http/range_header.hpp"
#include "server/playing.hpp"
#include "transfer/shared_resource.hpp"

#include <memory>
#include <optional>

namespace millrace::server {

/// What one client asks of a shared resource; lives in the frame of its handler.
struct shared_request {
  playing& play;
  const url& target;                           ///< for the log
  std::optional<http::requested_range> range;  ///< of the client
  std::optional<failure> broken = {};          ///< why the fetch broke before its first byte
};

enum class shared_outcome {
  answered,
  broken,  ///< the fetch broke before its first byte: nothing was sent
  unfit,   ///< the client's Range does not lie in what is shared: nothing was sent
};

/// Sends what is there, as it comes in.
async::awaitable<shared_outcome> serve_shared(shared_request& asked,
                                              std::shared_ptr<transfer::shared_resource> it,
                                              std::unique_ptr<transfer::reading> from);

}  // namespace millrace::server
