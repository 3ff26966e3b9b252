#pragma once
// One event loop and what belongs to it.

#include "async/block_pool.hpp"
#include "async/task_group.hpp"
#include "hls/playlist_tools.hpp"
#include "server/http_date.hpp"
#include "upstream/services.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>

namespace millrace::server {

struct shared_state;

/// Owned by the application; touched only by its own thread, but for `sessions`, run() and finish().
struct worker {
  worker(const settings& config, shared_state& shared);

  /// Until finish() has been called and no session is left.
  void run();
  /// Ends all sessions. From any thread.
  void finish();

  async::block_pool blocks;  ///< outlives whatever the loop still holds
  boost::asio::io_context loop{1};
  shared_state& shared;
  upstream::services upstream;
  upstream::services live_upstream;     ///< with the patience of live streams
  upstream::services patient_upstream;  ///< with that of answers that wait for the next segment
  hls::url_sealer sealer;
  hls::playlist_tools playlists;
  http_date date;
  async::task_group group;               ///< the sessions
  std::atomic<std::size_t> sessions{0};  ///< for the least-loaded choice

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
};

}  // namespace millrace::server
