#pragma once
// A blocking HTTP client for tests: bytes out, bytes in, nothing clever. Also speaks TLS.

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::test {

/// How a connection ended for the reader.
enum class ending { none, closed, reset, timed_out };

struct raw_response {
  int status = 0;    ///< 0 when no proper head came
  std::string head;  ///< with its empty line
  std::string body;  ///< what came of it
  bool complete =
      false;  ///< all that the head promised (by Content-Length, chunks or the end of the connection)

  /// The first field of this name (any case), or nothing.
  std::optional<std::string> header(std::string_view name) const;
};

class raw_client {
 public:
  /// `from`: local address to bind. Throws std::runtime_error when it cannot connect. Each read waits at most
  /// `limit_seconds`.
  explicit raw_client(std::uint16_t port, const std::string& host = "127.0.0.1", const std::string& from = {},
                      int limit_seconds = 20);
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client();

  /// Verifies the server as `name` against the context's authorities. False with `tls_error()` when that
  /// fails.
  bool handshake(SSL_CTX* context, const std::string& name, SSL_SESSION* session = nullptr);
  std::string tls_error() const { return tls_error_; }
  SSL* ssl() const { return ssl_.get(); }

  void send(std::string_view bytes);
  /// `GET target` with Host and the given lines (each with its CRLF).
  void get(std::string_view target, std::string_view more_lines = {}, std::string_view method = "GET");

  /// Reads one response; `body_limit` stops reading earlier. Interim responses are skipped.
  raw_response receive(bool head_only = false, std::size_t body_limit = SIZE_MAX);
  /// At most `most` bytes, fewer only at the end.
  std::string read(std::size_t most);
  ending ended() const { return ended_; }

 private:
  struct release {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  bool fill();
  std::string read_head();
  std::optional<std::string> read_line();
  bool read_chunks(std::string& body);

  int socket_ = -1;
  std::unique_ptr<SSL, release> ssl_;
  std::string tls_error_;
  std::string buffer_;
  ending ended_ = ending::none;
};

}  // namespace millrace::test
