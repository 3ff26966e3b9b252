// Bytes over loopback through the transports. The other end is a plain blocking thread, so that the CPU time
// per byte, which is what counts here, is the transport's own: it is measured for the calling thread alone.

#include "async/transport.hpp"

#include "async/tls_context.hpp"
#include "support/run_sync.hpp"
#include "support/socket_pair.hpp"
#include "support/tls_server.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace {

using namespace millrace;
using async::awaitable;
using boost::asio::io_context;
using boost::asio::ip::tcp;

/// One step of the benchmark. Anything shorter would mostly count system calls.
constexpr std::size_t portion = 16 * 1024 * 1024;

awaitable<bool> read_portion(async::transport& from, std::vector<std::byte>& block) {
  std::size_t total = 0;
  while (total < portion) {
    error_code ec;
    total += co_await async::read_some(from, block, ec);
    if (ec) co_return false;
  }
  co_return true;
}

awaitable<bool> write_portion(async::transport& to, const std::vector<std::byte>& block) {
  for (std::size_t total = 0; total < portion; total += block.size()) {
    const std::array buffers{boost::asio::const_buffer(block.data(), block.size())};
    const auto ec = co_await async::write_all(to, buffers);
    if (ec) co_return false;
  }
  co_return true;
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(portion));
}

void tcp_read(benchmark::State& state) {
  io_context loop(1);
  auto [near, far] = test::make_socket_pair(loop, loop);
  std::thread sender([&socket = far] {
    const std::vector<char> bytes(256 * 1024);
    while (::send(socket.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  auto link = async::make_tcp_transport(std::move(near));
  std::vector<std::byte> block(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (!test::run_sync(loop, read_portion(*link, block))) state.SkipWithError("the connection broke");
  }
  count_bytes(state);
  link.reset();
  sender.join();
}
BENCHMARK(tcp_read)->Arg(64 * 1024)->Arg(256 * 1024);

void tcp_write(benchmark::State& state) {
  io_context loop(1);
  auto [near, far] = test::make_socket_pair(loop, loop);
  std::thread receiver([&socket = far] {
    std::vector<char> bytes(256 * 1024);
    while (::recv(socket.native_handle(), bytes.data(), bytes.size(), 0) > 0) {
    }
  });
  auto link = async::make_tcp_transport(std::move(near));
  const std::vector<std::byte> block(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (!test::run_sync(loop, write_portion(*link, block))) state.SkipWithError("the connection broke");
  }
  count_bytes(state);
  link.reset();
  receiver.join();
}
BENCHMARK(tcp_write)->Arg(64 * 1024)->Arg(256 * 1024);

void send_for_ever(SSL* ssl) {
  const std::vector<char> bytes(64 * 1024);
  while (SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) > 0) {
  }
}

void tls_read(benchmark::State& state) {
  io_context loop(1);
  const auto own = test::make_identity("DNS:host.test");
  test::tls_server server(own, send_for_ever);
  async::tls_context context("", true);
  tcp::socket socket(loop);
  socket.connect({boost::asio::ip::address_v4::loopback(), server.port()});
  std::string why;
  auto link = test::run_sync(loop, async::tls_connect(std::move(socket), context, "host.test", "key", why));
  if (!link) {
    state.SkipWithError(why.c_str());
    return;
  }
  std::vector<std::byte> block(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (!test::run_sync(loop, read_portion(**link, block))) state.SkipWithError("the connection broke");
  }
  count_bytes(state);
  link->reset();
}
BENCHMARK(tls_read)->Arg(64 * 1024)->Arg(256 * 1024);

}  // namespace
