#pragma once
// A whole server inside the test's process, on a free port of the loopback interface.

#include "core/log.hpp"
#include "core/settings.hpp"
#include "server/application.hpp"
#include "server/shared_state.hpp"
#include "support/raw_client.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace millrace::test {

/// Loopback, any free port, two event loops, upstreams on loopback allowed.
inline settings local_settings() {
  settings config;
  config.listen.host = "127.0.0.1";
  config.listen.port = 0;
  config.listen.threads = 2;
  config.listen.drain_timeout = std::chrono::milliseconds(5'000);
  config.upstream.allow = {"loopback"};
  config.access.allow_hosts = {"origin.test"};  // what raw_client::get() says
  config.log.level = log_level::error;
  return config;
}

/// What happens at once takes no longer, even on a loaded machine and under a sanitizer; less than any
/// time-out that would bring it about, too.
inline constexpr std::chrono::seconds promptly{6};

/// Waits for what another thread brings about; false after `limit`.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::steady_clock::duration limit = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Runs from construction to destruction; what still runs then is cancelled.
class running_server {
 public:
  explicit running_server(settings config = local_settings()) : app_(quiet(std::move(config))) {
    thread_ = std::thread([this] {
      app_.run();
      ended_ = true;
    });
  }
  ~running_server() {
    if (!thread_.joinable()) return;
    stop();
    stop();
    join();
  }
  running_server(const running_server&) = delete;
  running_server& operator=(const running_server&) = delete;

  std::uint16_t port() const { return app_.port(); }
  /// As one signal would.
  void stop() { app_.stop(); }
  /// Until run() has returned.
  void join() { thread_.join(); }
  bool ended() const { return ended_; }

  const server::shared_state& shared() const { return app_.shared(); }
  /// The registry, to fill it without playing anything.
  registry::directory& directory() { return const_cast<server::shared_state&>(shared()).directory; }
  std::size_t connections() const { return shared().clients.open(); }

  /// One request with a JSON body, on a connection of its own.
  raw_response post(const std::string& target, const std::string& body) const {
    raw_client client(port());
    client.get(target, "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
               "POST");
    client.send(body);
    return client.receive();
  }
  /// One request on a connection of its own; `lines` each with CRLF.
  raw_response request(const std::string& method, const std::string& target,
                       const std::string& lines = {}) const {
    raw_client client(port());
    client.get(target, lines + "Connection: close\r\n", method);
    return client.receive(method == "HEAD");
  }

 private:
  static settings quiet(settings config) {
    [[maybe_unused]] static const bool once = (log::configure(config.log), true);
    return config;
  }

  server::application app_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace millrace::test
