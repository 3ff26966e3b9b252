#pragma once
// A client that is memory: what deliver() sends to it is appended to a shared body, as fast as it comes.

#include "async/broadcast.hpp"
#include "async/transport.hpp"
#include "transfer/shared_body.hpp"

namespace millrace::transfer {

/// Nothing can be read from it, and it is always writable. The body must outlive it.
class memory_transport final : public async::transport {
 public:
  memory_transport(const async::executor& on, shared_body& into);

  std::size_t read_now(std::span<std::byte> into, error_code& ec) noexcept override;
  /// Takes all. errc connection_reset once the body has ended; not_enough_memory where there is none.
  std::size_t write_now(std::span<const async::asio::const_buffer> from, error_code& ec) noexcept override;
  /// Until cancel().
  async::awaitable<error_code> wait_readable() override;
  /// Returns at once.
  async::awaitable<error_code> wait_writable() override;
  void cancel() noexcept override { cancelled_.notify_all(); }
  void shutdown_send() noexcept override {}
  bool idle_and_open() noexcept override { return true; }
  /// Cannot be moved: throws operation_not_supported.
  void move_to(const async::executor& target) override;
  int native_handle() noexcept override { return -1; }
  bool is_tls() const noexcept override { return false; }

 private:
  shared_body& body_;
  async::broadcast cancelled_;
};

}  // namespace millrace::transfer
