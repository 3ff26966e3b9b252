#pragma once
// One HTTP/1.1 request (RFC 9112) to the server at a time, over plain TCP or TLS. The only file with sockets.

#include "invocation.hpp"
#include "outcome.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace millrace::ctl {

struct http_answer {
  unsigned status = 0;
  std::string reason;
  std::string location;  ///< of a redirect, which is not followed: the token must not go elsewhere
  std::string body;
};

/// Not thread-safe. Each request has a connection of its own.
class http_client {
 public:
  /// Throws std::runtime_error with one clear line when the CA file cannot be read.
  explicit http_client(connection_settings settings);
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  const server_address& server() const noexcept;
  /// From now on a request is given up as `interrupted` as soon as this descriptor is readable. Borrowed.
  void stop_on(int descriptor) noexcept;

  /// `path` begins with a slash and is encoded; `body` is JSON, or empty for none. Any answer is a success;
  /// failures say what could not be reached and why.
  outcome<http_answer> request(std::string_view method, std::string_view path, std::string body = {});

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace millrace::ctl
