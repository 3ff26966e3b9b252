#pragma once
// One upstream fetch into memory, for all clients that want the same bytes.

#include "transfer/chunk_plan.hpp"
#include "transfer/shared_resource.hpp"
#include "upstream/range_fetch.hpp"

#include <memory>
#include <vector>

namespace millrace::transfer {

struct fill_limits {
  std::size_t largest = 32 * 1024 * 1024;  ///< a body without a length breaks beyond it
};

/// Fills `into->body` and ends it, complete or broken, whatever happens. `first` is an open answer that
/// begins at the first byte of `into->range`, `begun` what has been read from it already. A 206 is fetched in
/// parallel chunks up to the end of `into->range`; a 200 is read to its end on one connection. Stops when
/// cancelled, and when the last reader has left: open a reading before it is started. Runs in a task group of
/// its event loop, longer than the request that began it. `into->body` has been given memory for
/// `into->range` where its end is known; for others it is taken from the budget as they grow.
async::awaitable<void> fill_shared(std::shared_ptr<shared_resource> into,
                                   std::unique_ptr<upstream::remote_file> file, upstream::range_answer first,
                                   std::vector<std::byte> begun, plan_limits plan, fill_limits limits);

}  // namespace millrace::transfer
