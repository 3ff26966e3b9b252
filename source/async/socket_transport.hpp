#pragma once
// What the TCP and the TLS transport share: the socket and waiting for it. Private to this floor.

#include "async/transport.hpp"

namespace millrace::async {

/// Bytes are read and written straight on the descriptor; Asio only waits for it.
class socket_transport : public transport {
 public:
  explicit socket_transport(asio::ip::tcp::socket socket);

  awaitable<error_code> wait_readable() override { return wait_for(asio::socket_base::wait_read); }
  awaitable<error_code> wait_writable() override { return wait_for(asio::socket_base::wait_write); }
  void cancel() noexcept override;
  void move_to(const executor& target) override;
  int native_handle() noexcept override { return descriptor_; }

 protected:
  awaitable<error_code> wait_for(asio::socket_base::wait_type what);

 private:
  asio::ip::tcp::socket socket_;
  int descriptor_;  ///< the same for the transport's whole life, also across move_to()
};

}  // namespace millrace::async
