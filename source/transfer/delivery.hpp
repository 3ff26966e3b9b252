#pragma once
// The accelerator: a range of a remote file → parallel fetchers → one writer, in order, to the client.

#include "async/transport.hpp"
#include "transfer/chunk_plan.hpp"
#include "upstream/range_fetch.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace millrace::transfer {

/// Limits of one client response.
struct client_limits {
  std::chrono::milliseconds pause_after;   ///< a client that took nothing for so long is paused
  std::chrono::milliseconds send_timeout;  ///< and after so long it is given up
};

/// How a response body ended.
struct delivery_result {
  byte_offset sent = 0;          ///< payload bytes that the client's socket accepted
  bool complete = false;         ///< all bytes of the range; otherwise the connection must be closed
  std::optional<failure> cause;  ///< of an incomplete one, when the upstream is to blame
  error_code client_error;       ///< otherwise
};

/// Called with the payload bytes of each write that the client's socket accepted.
using sent_observer = std::function<void(std::size_t)>;

/// What deliver() works on.
struct delivery_job {
  upstream::remote_file& file;
  /// An open answer that begins at the first byte of `range`: what is cached of its version is not fetched
  /// again. Absent when the range is to come from `cached`.
  std::optional<upstream::range_answer> first;
  byte_range range;
  std::string head;  ///< the response head, sent before the first byte
  plan_limits plan;
  client_limits limits;
  sent_observer on_sent;
  upstream::cached_file cached = {};  ///< see use_cached(); an answer opens its own
};

/// Sends the head and exactly the bytes of the range, as soon as they are next in order. A paused client
/// holds one block; its fetchers end and resume by Range. Cancelling stops all upstream transfers. What was
/// fetched and sent is kept in the cache, where there is one.
async::awaitable<delivery_result> deliver(async::transport& client, delivery_job work);

}  // namespace millrace::transfer
