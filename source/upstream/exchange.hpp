#pragma once
// One request and its response on one upstream connection (RFC 9112), and the next request sent ahead on it.

#include "http/chunked_decoder.hpp"
#include "http/message.hpp"
#include "upstream/request_profile.hpp"
#include "upstream/services.hpp"
#include "upstream/stall_guard.hpp"

#include <memory>
#include <optional>
#include <string>

namespace millrace::upstream {

/// A response whose head has been read. Movable; destroying it returns the connection to the pool if the body
/// has been read to its end and the connection may be kept, and closes it otherwise.
class exchange {
 public:
  using clock = std::chrono::steady_clock;

  exchange(exchange&& other) noexcept;
  exchange& operator=(exchange&& other) noexcept;
  ~exchange();

  const http::response_head& head() const noexcept { return head_; }
  const boost::asio::ip::tcp::endpoint& remote() const noexcept;
  /// From sending the request to the head; for a request sent ahead, what the connection has shown before.
  std::chrono::microseconds round_trip() const noexcept;

  /// True when read_body() is likely to have bytes without waiting.
  bool ready() const noexcept { return ready_; }
  /// Until read_body() may make progress: errc::read_timeout, errc::low_speed, operation_aborted after
  /// cancel().
  async::awaitable<error_code> wait_body();
  /// Body bytes that are there now, transfer coding removed. 0 with asio::error::would_block: wait; with eof:
  /// the body is complete; errc::connection_lost: it ended early; errc::malformed_response: broken chunked
  /// coding.
  std::size_t read_body(std::span<std::byte> into, error_code& ec);
  /// From now on no wait may be longer (live streams are not waited for as long as files).
  void limit_waits(std::chrono::milliseconds limit) noexcept;
  /// Waits for the first `count` bytes of a body of known length and leaves them to be read; fewer when the
  /// body ends or fails before. For small counts, before read_body() has been called.
  async::awaitable<std::span<const std::byte>> peek(std::size_t count);
  /// The body has been read to its end.
  bool complete() const noexcept { return complete_; }
  /// Ends a wait from outside.
  void cancel() noexcept;
  /// Reads the rest of a small body if it is there already, so that the connection can be kept.
  void discard();

  /// Whether a request may be sent ahead (pipelining, RFC 9112 §9.3.2): a proven connection and a body of
  /// known length.
  bool can_send_ahead() const noexcept;
  /// Sends the next request behind this one; its response is read by next(). At most one.
  async::awaitable<error_code> send_ahead(const std::string& request);
  /// The response to the request sent ahead, once this body is complete. Consumes this exchange.
  async::awaitable<fetch_result<exchange>> next();

  struct line;  // a connection with its watchdog, shared by the exchanges that follow each other on it

 private:
  friend async::awaitable<fetch_result<exchange>> send_request(const services&, const url&,
                                                               const std::string&,
                                                               std::optional<boost::asio::ip::tcp::endpoint>,
                                                               bool);
  exchange(std::unique_ptr<line> on, http::response_head head);
  static async::awaitable<fetch_result<exchange>> read_head(std::unique_ptr<line> on,
                                                            clock::time_point asked);
  std::size_t take_input(std::span<std::byte> into) noexcept;
  std::size_t read_raw(std::span<std::byte> into, error_code& ec);
  std::size_t read_sized(std::span<std::byte> into, error_code& ec);
  std::size_t read_chunked(std::span<std::byte> into, error_code& ec);

  std::unique_ptr<line> line_;
  http::response_head head_;
  http::chunked_decoder decoder_;
  std::uint64_t left_ = 0;  ///< of a body with a known length
  bool ready_ = true;
  bool complete_ = false;
  bool ahead_ = false;
};

/// Sends `request` (a whole head, see request_profile::compose) to the URL's origin and reads the response's
/// head. Takes an idle connection or opens one. A request that fails on a reused connection before any
/// response byte is repeated once on a fresh one (RFC 9112 §9.3.1). `pin` names the only acceptable peer;
/// `fresh` takes no idle connection.
async::awaitable<fetch_result<exchange>> send_request(
    const services& with, const url& target, const std::string& request,
    std::optional<boost::asio::ip::tcp::endpoint> pin = std::nullopt, bool fresh = false);

}  // namespace millrace::upstream
