#pragma once
// The composition root: builds everything from the settings, runs it, and takes it down in order.

#include "core/settings.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace millrace::server {

struct shared_state;

/// One server. Several may live in one process.
class application {
 public:
  /// Listens already. Throws option_error for a bad rule, std::runtime_error with one clear line when the
  /// port is in use or a file cannot be read.
  explicit application(settings config);
  /// Not while run() runs.
  ~application();
  application(const application&) = delete;
  application& operator=(const application&) = delete;

  std::uint16_t port() const noexcept;
  /// "http://HOST:PORT", IPv6 in brackets.
  std::string address() const;

  /// SIGINT and SIGTERM call stop() from now on. After the second one they kill again.
  void stop_on_signals();

  /// Serves until stop() has taken effect. Once only.
  void run();
  /// From any thread, at any time. The first call drains: no new clients, running responses have
  /// drain_timeout to end. The second one ends them at once.
  void stop();

  const shared_state& shared() const noexcept;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace millrace::server
