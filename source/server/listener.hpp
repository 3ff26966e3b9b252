#pragma once
// Accepts clients and hands each to the least loaded event loop.

#include "server/overflow.hpp"
#include "server/rate_limited.hpp"
#include "server/worker.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <span>

namespace millrace::server {

/// Lives on an event loop of its own; the workers outlive it.
class listener {
 public:
  using endpoint = boost::asio::ip::tcp::endpoint;

  /// Listens at once. `::` takes IPv4 clients, too. Throws std::runtime_error with one clear line, for
  /// example when the port is in use.
  listener(boost::asio::io_context& loop, const endpoint& at, shared_state& shared,
           std::span<const std::unique_ptr<worker>> workers);

  /// Until close().
  async::awaitable<void> run();
  /// No new clients; those that wait in the backlog are refused by the system.
  void close();

  const endpoint& local() const noexcept { return local_; }
  /// Connections that are being refused: to be cancelled and joined by the owner.
  async::task_group& refusals() noexcept { return overflow_.group(); }

 private:
  bool accept_waiting();
  void take(int descriptor);
  worker& least_loaded() const;

  boost::asio::ip::tcp::acceptor acceptor_;
  endpoint local_;
  shared_state& shared_;
  std::span<const std::unique_ptr<worker>> workers_;
  overflow overflow_;
  rate_limited exhausted_line_, full_line_;
};

}  // namespace millrace::server
