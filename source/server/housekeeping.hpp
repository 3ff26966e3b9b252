#pragma once
// What has to be done from time to time, whoever is connected.

#include "async/token.hpp"
#include "server/shared_state.hpp"

namespace millrace::server {

/// Closes idle upstream connections that nobody took. Until cancelled, like the others.
async::awaitable<void> run_pool_cleanup(upstream::connection_pool& pool);
/// Drops segments that have been kept long enough, and what was shared of streams that are gone.
async::awaitable<void> run_segment_cleanup(hls_state& hls);
/// Forgets clients and streams that have been idle for too long, each --cleanup-interval.
async::awaitable<void> run_registry_cleanup(shared_state& shared);
/// Measures the bytes per second that /stats shows.
async::awaitable<void> run_speed_sampling(registry::statistics& statistics);

}  // namespace millrace::server
