#include "server/housekeeping.hpp"

#include "async/combinators.hpp"

namespace millrace::server {

async::awaitable<void> run_pool_cleanup(upstream::connection_pool& pool) {
  constexpr std::chrono::seconds interval{5};
  for (;;) {
    co_await async::sleep_for(interval);
    pool.close_expired(upstream::connection_pool::clock::now());
  }
}

async::awaitable<void> run_segment_cleanup(hls_state& hls) {
  constexpr std::chrono::seconds interval{2};
  for (;;) {
    co_await async::sleep_for(interval);
    hls.shelf.clean_up(transfer::segment_shelf::clock::now());
    hls.presentations.clean_up(std::chrono::steady_clock::now());
  }
}

async::awaitable<void> run_registry_cleanup(shared_state& shared) {
  for (;;) {
    co_await async::sleep_for(shared.config.registry.cleanup_interval);
    shared.directory.clean_up(registry::directory::clock::now());
    shared.tasks.clean_up();
  }
}

async::awaitable<void> run_speed_sampling(registry::statistics& statistics) {
  constexpr std::chrono::seconds interval{1};
  for (;;) {
    co_await async::sleep_for(interval);
    statistics.sample_speed(registry::statistics::clock::now());
  }
}

}  // namespace millrace::server
