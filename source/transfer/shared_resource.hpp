#pragma once
// A segment that several clients get from one upstream fetch: what its first answer said, and its bytes.

#include "core/url.hpp"
#include "transfer/resource.hpp"
#include "transfer/shared_body.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <limits>

namespace millrace::transfer {

/// Fixed before others see it, but for the body; any thread may read it.
struct shared_resource {
  using endpoint = boost::asio::ip::tcp::endpoint;
  /// `range.end` of a body without a length.
  static constexpr byte_offset unknown_end = std::numeric_limits<byte_offset>::max();

  /// `reserved`: see shared_body.
  shared_resource(resource described, url answering, byte_range bytes,
                  async::memory_budget::reservation reserved)
      : what(std::move(described)),
        total(what.total),
        range(bytes),
        location(std::move(answering)),
        body(std::move(reserved)) {}

  resource what;
  std::optional<byte_offset> total;  ///< of the whole resource; absent when the upstream does not tell
  byte_range range;                  ///< which bytes the body holds: its offset 0 is range.begin
  bool partial = false;              ///< the upstream answered 206
  url location;                      ///< that answered
  endpoint remote = {};
  shared_body body;
};

/// A place to read its body from, on the event loop `here`; it keeps the resource alive.
inline std::unique_ptr<reading> open_shared(const std::shared_ptr<shared_resource>& from,
                                            const async::executor& here) {
  return shared_body::open(std::shared_ptr<shared_body>(from, &from->body), here);
}

}  // namespace millrace::transfer
