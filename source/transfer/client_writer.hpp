#pragma once
// Writing to a client that may be slow, paused or gone.

#include "async/transport.hpp"
#include "upstream/stall_guard.hpp"

#include <chrono>
#include <string>

namespace millrace::transfer {

/// The sending side of one response. Its head goes out with the first bytes.
class client_writer {
 public:
  client_writer(const async::executor& on, async::transport& client, std::string head,
                std::chrono::milliseconds limit)
      : client_(client), guard_(on, client, unmeasured_, limit), head_(std::move(head)) {}

  bool head_pending() const noexcept { return !head_.empty(); }
  /// What is left of the head.
  const std::string& unsent_head() const noexcept { return head_; }
  /// Sends as much as the socket takes, the rest of the head first. The number of `payload` bytes taken; 0
  /// with would_block when the socket is full.
  std::size_t send_now(std::span<const async::asio::const_buffer> payload, error_code& ec);
  /// Until the socket takes bytes again: errc::read_timeout when it took none for the limit.
  async::awaitable<error_code> wait() { return guard_.wait_writable(); }
  /// Sends all, waiting.
  async::awaitable<error_code> send_all(std::span<const async::asio::const_buffer> payload,
                                        std::size_t& sent);

 private:
  async::transport& client_;
  upstream::speed_meter unmeasured_;
  upstream::stall_guard guard_;
  std::string head_;
};

}  // namespace millrace::transfer
