#pragma once
// What becomes of connections beyond --max-clients: a 503 with Retry-After, briefly and without a session.

#include "async/task_group.hpp"
#include "async/transport.hpp"
#include "core/settings.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace millrace::server {

/// For one event loop, the listener's. The owner cancels and joins `group` before it destroys this.
class overflow {
 public:
  overflow(const async::executor& on, const listen_settings& config) : config_(config), group_(on) {}

  /// Waits a moment for the request, answers 503 `busy` and closes. When too many wait already: answers at
  /// once.
  void refuse(boost::asio::ip::tcp::socket socket);

  async::task_group& group() noexcept { return group_; }

 private:
  const listen_settings& config_;
  async::task_group group_;
};

}  // namespace millrace::server
