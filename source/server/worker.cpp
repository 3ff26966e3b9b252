#include "server/worker.hpp"

#include "core/log.hpp"
#include "server/shared_state.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>

namespace millrace::server {

namespace {

upstream::services services_of(const settings& config, shared_state& state, async::block_pool& blocks,
                               upstream::block_cache* cache) {
  return {.config = config,
          .network = state.network,
          .pool = state.pool,
          .budget = state.budget,
          .memory = state.memory,
          .buffers = state.buffers,
          .counters = state.statistics,
          .blocks = blocks,
          .cache = cache};
}

}  // namespace

worker::worker(const settings& config, shared_state& state)
    : shared(state),
      upstream(services_of(config, state, blocks, state.cache ? &*state.cache : nullptr)),
      live_upstream(services_of(state.live_config, state, blocks, upstream.cache)),
      patient_upstream(services_of(state.patient_config, state, blocks, nullptr)),
      sealer(state.hls.key),
      playlists{upstream, live_upstream,       patient_upstream,
                sealer,   state.hls.playlists, state.hls.playlist_room},
      group(loop.get_executor()),
      guard_(loop.get_executor()) {}

void worker::run() {
  for (;;) {
    try {
      loop.run();
      return;
    } catch (const std::exception& error) {
      // Sessions answer for their failures themselves: this is a bug, but the other sessions go on.
      log::critical("event loop: {}", error.what());
    }
  }
}

void worker::finish() {
  boost::asio::post(loop, [this] {
    group.cancel();
    boost::asio::co_spawn(loop, group.join(), [this](std::exception_ptr failure) {
      guard_.reset();
      if (failure) std::rethrow_exception(failure);
    });
  });
}

}  // namespace millrace::server
