#pragma once
// A scripted HTTP/1.1 origin with faults, for tests and for people. Independent of millrace's own HTTP code,
// because it judges it.
//
//   origin::server origin;                                        // 127.0.0.1, any port, one thread of its
//   own origin.set("/a.mkv", {.size = 4 << 20, .seed = 7, .rate = 1 << 20}); fetch(origin.url("/a.mkv"));
//   origin.wait_until([&] { return origin.totals().open_connections == 0; }, 2s);

#include "behaviour.hpp"
#include "content.hpp"
#include "journal.hpp"
#include "tls_authority.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::origin {

struct server_options {
  std::vector<std::string> addresses{"127.0.0.1"};  ///< numeric; all get the same port
  std::uint16_t port = 0;                           ///< 0: any free one
  unsigned threads = 1;
  tls_mode tls = tls_mode::none;
  std::shared_ptr<const tls_authority> authority{};  ///< made when TLS needs it and none is given
  std::string certificate_file{};  ///< with key_file: instead of a certificate of the authority
  std::string key_file{};
  std::chrono::milliseconds connect_delay{
      0};                       ///< before a new connection is heeded at all, TLS handshake included
  bool query_behaviour = true;  ///< paths that were not set take their behaviour from the query
  std::string file_root{};      ///< the query's file= serves files below it, nothing when empty
};

/// Runs from construction to stop(). All members may be called from any thread; behaviours hold for requests
/// that are answered from then on. Throws std::runtime_error or boost::system::system_error when it cannot
/// start.
class server {
 public:
  explicit server(server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Closes the listeners and all connections and waits for the threads. Later connections are refused.
  void stop();

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT" + target; `host` defaults to the first address.
  std::string url(std::string_view target, std::string_view host = {}) const;
  const tls_authority& authority() const;  ///< only with TLS

  /// `path` may have a query; then it holds for exactly this target only. Without a query it holds for every
  /// query. A live source that cannot be (live_body.hpp) throws std::invalid_argument, here and in update().
  void set(const std::string& path, behaviour rules);
  /// Changes a behaviour in place; its request numbers go on.
  void update(const std::string& path, const std::function<void(behaviour&)>& edit);
  void remove(const std::string& path);

  counters totals() const;
  counters of(const std::string& path) const;  ///< the path as it was set, or the whole target
  std::vector<request_record> requests(
      std::string_view path = {}) const;  ///< oldest first; all without a path
  /// The packet that a live path broadcasts just now (its timeline begins if it had not). 0: it is not live.
  std::uint64_t present_packet(const std::string& path) const;
  void reset_counters();

  /// True as soon as the predicate is, false after `limit`. The predicate may call this server.
  bool wait_until(const std::function<bool()>& predicate,
                  std::chrono::steady_clock::duration limit = std::chrono::seconds(10)) const;

  /// Ends every open connection: FIN, or RST. Returns at once.
  void drop_connections(bool reset = false);

  /// New connections beyond `most` are reset as soon as they are accepted. 0: no limit.
  void limit_connections(std::uint64_t most);

  std::string stats_json() const;

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace millrace::origin
