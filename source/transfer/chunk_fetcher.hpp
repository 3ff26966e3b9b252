#pragma once
// One of the parallel fetchers of a delivery: takes chunks, fetches each into its lane, asks for the next one
// ahead.

#include "transfer/scheduler.hpp"

namespace millrace::transfer {

/// Until the scheduler has no more work for it. `answer` is an already open response for `first`, if there is
/// one.
async::awaitable<void> run_fetcher(scheduler& jobs, job first, std::optional<upstream::range_answer> answer);

}  // namespace millrace::transfer
