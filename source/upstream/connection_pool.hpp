#pragma once
// Connections to upstreams: leased for an exchange, kept idle between, shared by all clients on all event
// loops.

#include "async/transport.hpp"
#include "registry/statistics.hpp"
#include "upstream/connector.hpp"

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::upstream {

/// One HTTP/1.1 connection. Destroying it closes it; connection_pool::put() keeps it for others.
struct connection {
  std::unique_ptr<async::transport> link;
  std::string origin;   ///< url::origin(): the pool's key
  std::string input;    ///< bytes read but not yet consumed
  unsigned served = 0;  ///< complete exchanges so far; > 0 means that it is a reused connection
  bool proved = false;  ///< has shown keep-alive with 206: the next request may be sent ahead
  std::chrono::microseconds round_trip{0};      ///< of connecting, or of the last request's head
  registry::statistics::gauge_entry open = {};  ///< in the number of open connections
};

/// Thread-safe. A lock per exchange, never per block. Idle connections belong to the event loops that put
/// them: close_all() before the first of these loops goes.
class connection_pool {
 public:
  using clock = std::chrono::steady_clock;

  connection_pool(connector& via, const upstream_settings& config) : via_(via), config_(config) {}

  /// The newest idle connection to that origin that is still open, this event loop's preferred, else another
  /// loop's, moved here. Stale ones found on the way are closed. `pin` takes only connections to that
  /// endpoint.
  std::optional<connection> take_idle(const url& target, const async::executor& here,
                                      std::optional<boost::asio::ip::tcp::endpoint> pin = std::nullopt);
  /// A new connection.
  async::awaitable<fetch_result<connection>> open(
      const url& target, std::optional<boost::asio::ip::tcp::endpoint> pin = std::nullopt);
  /// Keeps an idle connection of the calling event loop; closes the oldest when a limit is reached.
  void put(connection idle, const async::executor& here);

  /// Closes what has been idle for config.pool_idle_timeout or has been closed by the peer.
  void close_expired(clock::time_point now);
  void close_all();
  std::size_t idle_count() const;

 private:
  struct idle_entry {
    connection value;
    async::executor home;
    clock::time_point since;
  };

  using idle_list = std::list<idle_entry>;
  using position = idle_list::iterator;

  /// Takes an entry out of list and index. The lock is held; what is returned is closed after it has been
  /// given back.
  idle_list extract(position entry);
  /// The best idle connection there, wherever it lives and whether it is open or not.
  idle_list take_best(const std::string& origin, const async::executor& here,
                      const std::optional<boost::asio::ip::tcp::endpoint>& pin);

  connector& via_;
  const upstream_settings& config_;
  mutable std::mutex mutex_;
  idle_list idle_;                                                    ///< newest first
  std::unordered_map<std::string, std::vector<position>> by_origin_;  ///< newest last
};

}  // namespace millrace::upstream
