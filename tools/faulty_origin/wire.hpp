#pragma once
// One accepted socket, plain or with TLS over its descriptor.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace millrace::origin {

namespace asio = boost::asio;
using error_code = boost::system::error_code;
template <class T = void>
using awaitable = asio::awaitable<T>;

struct transferred {
  error_code error;
  std::size_t count = 0;
};

/// Used by one reading and one writing coroutine of the same thread. SIGPIPE must be ignored by the process.
class wire {
 public:
  explicit wire(asio::ip::tcp::socket socket);

  awaitable<error_code> handshake(SSL_CTX* context);
  /// At least one byte, or an error; eof at the end.
  awaitable<transferred> receive(std::span<char> into);
  awaitable<transferred> send_some(std::string_view bytes);
  awaitable<error_code> send(std::string_view bytes);

  /// No more bytes from us; `orderly` says so in TLS too.
  void shutdown(bool orderly);
  void close();
  void reset();  ///< RST instead of FIN
  bool is_open() const { return socket_.is_open(); }
  bool resumed() const { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }

  asio::ip::tcp::socket& socket() { return socket_; }

 private:
  struct release {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  /// Waits for what an SSL call that returned `code` wants. Done when it fails.
  awaitable<error_code> wait_for(int code);

  asio::ip::tcp::socket socket_;
  std::unique_ptr<SSL, release> ssl_;
};

}  // namespace millrace::origin
