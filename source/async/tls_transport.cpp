// TLS on OpenSSL (RFC 8446) straight on the descriptor: whole records are opened into the caller's buffer,
// which is what makes it nearly as cheap as nginx. Asio only waits.

#include "async/socket_transport.hpp"
#include "async/tls_context.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <sys/socket.h>

namespace millrace::async {

namespace {

struct free_ssl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

/// What an OpenSSL call that could not finish is waiting for.
enum class blocked_on { nothing, readable, writable };

int capped(std::size_t size) noexcept {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

/// The reason of the newest OpenSSL failure, in plain words.
std::string describe_failure(SSL* ssl) {
  const auto code = ERR_peek_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) {
    const char* text = ERR_reason_error_string(code);
    return text ? text : "unknown reason";
  }
  switch (ERR_GET_REASON(code)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED: {
      const auto verdict = SSL_get_verify_result(ssl);
      const char* text = X509_verify_cert_error_string(verdict);
      return std::string("certificate verify failed: ") +
             (verdict == X509_V_ERR_HOSTNAME_MISMATCH ? "host name mismatch" : text);
    }
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "unsupported protocol: the server is too old or too strict, TLS 1.2 is the least";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return "the server does not speak TLS on this port";
    default: {
      const char* text = ERR_reason_error_string(code);
      return text ? text : "unknown reason";
    }
  }
}

class tls_transport final : public socket_transport {
 public:
  /// Throws boost::system::system_error when OpenSSL has no memory left.
  tls_transport(asio::ip::tcp::socket socket, tls_context& context, const std::string& host,
                std::string session_key);
  ~tls_transport() override;

  /// Until the handshake is done. `why` says what went wrong in plain words.
  awaitable<error_code> handshake(std::string& why);

  std::size_t read_now(std::span<std::byte> into, error_code& ec) noexcept override;
  std::size_t write_now(std::span<const asio::const_buffer> from, error_code& ec) noexcept override;
  awaitable<error_code> wait_readable() override;
  awaitable<error_code> wait_writable() override;
  void shutdown_send() noexcept override;
  bool idle_and_open() noexcept override;
  bool is_tls() const noexcept override { return true; }

 private:
  /// What the return value of an OpenSSL call means: nothing and would_block, or a final error.
  error_code interpret(int returned, blocked_on& wanted) noexcept;

  std::string session_key_;
  std::unique_ptr<SSL, free_ssl> ssl_;
  blocked_on read_wants_ = blocked_on::nothing;
  blocked_on write_wants_ = blocked_on::nothing;
  error_code broken_;  ///< a failure that was met after some bytes, for the next read
};

tls_transport::tls_transport(asio::ip::tcp::socket socket, tls_context& context, const std::string& host,
                             std::string session_key)
    : socket_transport(std::move(socket)),
      session_key_(std::move(session_key)),
      ssl_(SSL_new(context.native())) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), native_handle()) != 1) {
    throw boost::system::system_error(make_error_code(errc::tls_failed), "SSL_new");
  }
  SSL_set_app_data(ssl_.get(), &session_key_);
  error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  auto* parameters = SSL_get0_param(ssl_.get());
  if (not_numeric) {
    // A trailing dot belongs to DNS, not to certificates (RFC 6066 §3).
    const auto name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str());
  }
  if (auto* session = context.take_session(session_key_)) {
    SSL_set_session(ssl_.get(), session);
    SSL_SESSION_free(session);
  }
}

tls_transport::~tls_transport() {
  // Without this, OpenSSL would take a connection that is merely closed for a bad one and spoil its session.
  if (broken_ != errc::connection_lost)
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

error_code tls_transport::interpret(int returned, blocked_on& wanted) noexcept {
  wanted = blocked_on::nothing;
  const auto system = errno;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      wanted = blocked_on::readable;
      return asio::error::would_block;
    case SSL_ERROR_WANT_WRITE:
      wanted = blocked_on::writable;
      return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return asio::error::eof;
    case SSL_ERROR_SYSCALL:
      return system == 0 ? error_code(asio::error::eof)
                         : error_code(system, boost::system::system_category());
    default:
      return errc::connection_lost;
  }
}

awaitable<error_code> tls_transport::handshake(std::string& why) {
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int done = SSL_connect(ssl_.get());
    if (done == 1) co_return error_code();
    blocked_on wanted;
    auto ec = interpret(done, wanted);
    if (ec == errc::connection_lost) {
      broken_ = ec;
      why = describe_failure(ssl_.get());
      co_return errc::tls_failed;
    }
    if (ec == asio::error::would_block) {
      ec = co_await wait_for(wanted == blocked_on::writable ? asio::socket_base::wait_write
                                                            : asio::socket_base::wait_read);
    }
    if (ec) {
      why = ec == asio::error::eof ? "the server closed the connection during the handshake" : ec.message();
      co_return ec;
    }
  }
}

std::size_t tls_transport::read_now(std::span<std::byte> into, error_code& ec) noexcept {
  ec = broken_;
  if (ec) return 0;
  std::size_t got = 0;
  // Once is enough: a successful SSL_read leaves the queue as it was.
  ERR_clear_error();
  while (got < into.size()) {
    errno = 0;
    const int count = SSL_read(ssl_.get(), into.data() + got, capped(into.size() - got));
    if (count <= 0) {
      ec = interpret(count, read_wants_);
      if (ec != asio::error::would_block) broken_ = ec;
      if (got > 0) ec = {};
      return got;
    }
    got += static_cast<std::size_t>(count);
  }
  read_wants_ = blocked_on::nothing;
  return got;
}

std::size_t tls_transport::write_now(std::span<const asio::const_buffer> from, error_code& ec) noexcept {
  ec = {};
  std::size_t sent = 0;
  for (auto buffer : from) {
    while (buffer.size() > 0) {
      ERR_clear_error();
      errno = 0;
      const int count = SSL_write(ssl_.get(), buffer.data(), capped(buffer.size()));
      if (count <= 0) {
        ec = interpret(count, write_wants_);
        if (sent > 0) ec = {};
        return sent;
      }
      buffer += static_cast<std::size_t>(count);
      sent += static_cast<std::size_t>(count);
    }
  }
  write_wants_ = blocked_on::nothing;
  return sent;
}

awaitable<error_code> tls_transport::wait_readable() {
  if (broken_) co_return error_code();
  // Bytes that OpenSSL has taken off the socket make no event. After WANT_READ they are only a part of a
  // record.
  if (read_wants_ == blocked_on::nothing && SSL_has_pending(ssl_.get()) == 1) co_return error_code();
  co_return co_await wait_for(read_wants_ == blocked_on::writable ? asio::socket_base::wait_write
                                                                  : asio::socket_base::wait_read);
}

awaitable<error_code> tls_transport::wait_writable() {
  co_return co_await wait_for(write_wants_ == blocked_on::readable ? asio::socket_base::wait_read
                                                                   : asio::socket_base::wait_write);
}

void tls_transport::shutdown_send() noexcept {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_.get()) && !broken_) SSL_shutdown(ssl_.get());
  ::shutdown(native_handle(), SHUT_WR);
}

bool tls_transport::idle_and_open() noexcept {
  if (broken_) return false;
  // Reads session tickets on the way: they are welcome, and no byte of a response.
  ERR_clear_error();
  errno = 0;
  char byte;
  const int count = SSL_peek(ssl_.get(), &byte, 1);
  if (count > 0) return false;
  return interpret(count, read_wants_) == asio::error::would_block;
}

}  // namespace

awaitable<result<std::unique_ptr<transport>>> tls_connect(asio::ip::tcp::socket socket, tls_context& context,
                                                          const std::string& host,
                                                          const std::string& session_key, std::string& why) {
  auto link = std::make_unique<tls_transport>(std::move(socket), context, host, session_key);
  const auto ec = co_await link->handshake(why);
  if (ec) co_return ec;
  co_return std::unique_ptr<transport>(std::move(link));
}

}  // namespace millrace::async
