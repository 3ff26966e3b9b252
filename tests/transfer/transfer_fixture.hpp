#pragma once
// A client on a loopback connection beside the upstream fixture.

#include "async/transport.hpp"
#include "support/socket_pair.hpp"
#include "transfer/delivery.hpp"
#include "upstream/origin_fixture.hpp"

#include <chrono>
#include <thread>

#include <sys/socket.h>

namespace millrace::transfer {

/// Small socket buffers, so that a client that does not read is noticed soon.
struct transfer_fixture : upstream::origin_fixture {
  transfer_fixture() {
    auto [ours, theirs] = test::make_socket_pair(loop, loop);
    const int small = 64 * 1024;
    ::setsockopt(ours.native_handle(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    ::setsockopt(theirs.native_handle(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    theirs.non_blocking(true);
    client = async::make_tcp_transport(std::move(ours));
    far.emplace(std::move(theirs));
  }

  /// What the client has got since the last look, at most `limit` bytes of it.
  /// False when nothing more can come.
  bool receive(std::size_t limit = SIZE_MAX) {
    if (!far) return false;
    std::array<char, 64 * 1024> scratch;
    while (limit > 0) {
      error_code ec;
      const auto count =
          far->read_some(async::asio::buffer(scratch.data(), std::min(limit, scratch.size())), ec);
      if (ec) return ec == async::asio::error::would_block;
      received.append(scratch.data(), count);
      limit -= count;
    }
    return true;
  }
  /// What is still on its way on a connection that this side has closed.
  void receive_rest() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (receive() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  upstream::remote_file file_of(std::vector<url> sources) {
    return upstream::remote_file(with, here, profile(), std::move(sources));
  }

  std::unique_ptr<async::transport> client;
  std::optional<async::asio::ip::tcp::socket> far;
  std::string received;
};

}  // namespace millrace::transfer
