#pragma once
// The Date field (RFC 9110 §6.6.1), formatted once a second.

#include <chrono>
#include <string>

namespace millrace::server {

/// For one event loop.
class http_date {
 public:
  const std::string& now();

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;
};

}  // namespace millrace::server
