#pragma once
// A response body in the client's framing (RFC 9112 §6.3, §7.1), counted as the socket accepts it.

#include "transfer/client_writer.hpp"
#include "transfer/delivery.hpp"

namespace millrace::transfer {

/// How the body is framed for the client.
enum class client_framing { length, chunked, until_close };

/// Lives in the frame of the response that it writes.
class framed_writer {
 public:
  /// The head goes out with the first piece, or by send_head().
  framed_writer(const async::executor& on, async::transport& client, std::string head, client_framing framing,
                std::chrono::milliseconds send_timeout, sent_observer on_sent)
      : out_(on, client, std::move(head), send_timeout), framing_(framing), on_sent_(std::move(on_sent)) {}

  /// Payload bytes that the client's socket accepted, also of a piece that was cut short or cancelled.
  byte_offset sent() const noexcept { return sent_; }
  bool head_pending() const noexcept { return out_.head_pending(); }
  async::awaitable<error_code> send_head();
  /// One piece of the body.
  async::awaitable<error_code> send(std::span<const std::byte> piece);
  /// The proper end: the last chunk, and the head if nothing went before.
  async::awaitable<error_code> finish();

 private:
  async::awaitable<error_code> send_framed(std::span<const std::byte> piece);

  client_writer out_;
  client_framing framing_;
  sent_observer on_sent_;
  byte_offset sent_ = 0;
};

}  // namespace millrace::transfer
