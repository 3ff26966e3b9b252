#pragma once
// The server's end in order: no new clients, running responses get their time, then everything is cancelled.

#include "async/event.hpp"
#include "async/task_group.hpp"
#include "server/listener.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <span>

namespace millrace::server {

/// Lives on the control loop, which outlives the workers.
class shutdown {
 public:
  shutdown(boost::asio::io_context& control, shared_state& shared, listener& clients,
           std::span<const std::unique_ptr<worker>> workers);

  /// The first request drains, the second one ends at once. On the control loop only.
  void request();
  unsigned requests() const noexcept { return requests_; }

  /// Accepts clients until a request has come, drains, and tells the workers to finish.
  async::awaitable<void> supervise();

 private:
  async::awaitable<void> drain();

  shared_state& shared_;
  listener& clients_;
  std::span<const std::unique_ptr<worker>> workers_;
  unsigned requests_ = 0;
  async::event requested_;
  boost::asio::steady_timer grace_;
  async::task_group tasks_;
};

}  // namespace millrace::server
