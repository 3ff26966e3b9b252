#pragma once
// One connected stream socket, TCP or TLS, behind a small interface. Reads and writes never block and never
// suspend: they say would_block, and the caller waits. So a coroutine owns a buffer only while there are
// bytes for it.

#include "async/token.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <span>

namespace millrace::async {

class tls_context;

/// Not thread-safe: lives on one event loop at a time. The destructor closes the socket.
class transport {
 public:
  using endpoint = asio::ip::tcp::endpoint;

  virtual ~transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  /// Bytes that are there now. 0 with asio::error::would_block: wait_readable() first; with asio::error::eof:
  /// the peer has ended its side (for TLS also without close_notify: framing is HTTP's business). Other
  /// errors are final.
  virtual std::size_t read_now(std::span<std::byte> into, error_code& ec) noexcept = 0;
  /// Bytes taken now, possibly fewer than given. 0 with asio::error::would_block: wait_writable() first, then
  /// offer the same bytes again (TLS has already sealed them).
  virtual std::size_t write_now(std::span<const asio::const_buffer> from, error_code& ec) noexcept = 0;

  /// Until read_now() may make progress; operation_aborted after cancel(). At most one of each wait at a
  /// time.
  virtual awaitable<error_code> wait_readable() = 0;
  virtual awaitable<error_code> wait_writable() = 0;

  /// Both waits end with operation_aborted.
  virtual void cancel() noexcept = 0;
  /// Orderly end of our sending side, without waiting; errors do not matter any more.
  virtual void shutdown_send() noexcept = 0;
  /// True while the peer has sent nothing unasked and not closed: an idle connection that can be used again.
  virtual bool idle_and_open() noexcept = 0;
  /// Moves an idle connection (no wait pending) to another event loop; any thread may call it. Throws
  /// boost::system::system_error when that loop cannot take it: the connection is closed then.
  virtual void move_to(const executor& target) = 0;

  virtual int native_handle() noexcept = 0;
  virtual bool is_tls() const noexcept = 0;
  const endpoint& remote() const noexcept { return remote_; }
  const endpoint& local() const noexcept { return local_; }

 protected:
  transport(endpoint local, endpoint remote) : remote_(std::move(remote)), local_(std::move(local)) {}

 private:
  endpoint remote_, local_;
};

/// Takes a connected socket and makes it non-blocking, with TCP_NODELAY.
std::unique_ptr<transport> make_tcp_transport(asio::ip::tcp::socket socket);

/// TLS handshake as client on a connected socket: SNI and verification of `host` (name or IP literal),
/// session resumption by `session_key`. errc::tls_failed carries OpenSSL's reason in `why`.
awaitable<result<std::unique_ptr<transport>>> tls_connect(asio::ip::tcp::socket socket, tls_context& context,
                                                          const std::string& host,
                                                          const std::string& session_key, std::string& why);

/// Closing will reset the connection: the peer sees it broken, not ended (SO_LINGER 0). Unsent bytes are
/// lost.
void reset_on_close(transport& link) noexcept;

/// Waits until bytes are there and reads them: read_now() and wait_readable() in a loop.
awaitable<std::size_t> read_some(transport& from, std::span<std::byte> into, error_code& ec);
/// Writes everything or fails.
awaitable<error_code> write_all(transport& to, std::span<const asio::const_buffer> buffers);

}  // namespace millrace::async
