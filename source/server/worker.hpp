#pragma once
// One event loop and what belongs to it.

#include "async/block_pool.hpp"
#include "async/task_group.hpp"
#include "upstream/services.hpp"

#include <boost/asio/io_context.hpp>
#include <atomic>

namespace millrace::server {

struct shared_state;

/// Owned by the application; touched only by its own thread, but for `sessions`.
struct worker {
  worker(const settings& config, shared_state& shared);

  boost::asio::io_context loop{1};
  async::block_pool blocks;
  shared_state& shared;
  upstream::services upstream;
  async::task_group group;            ///< the sessions
  std::atomic<std::size_t> sessions{0};  ///< for the least-loaded choice
};

}  // namespace millrace::server
