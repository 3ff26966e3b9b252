#include "transfer/framed_writer.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

/// Counts the payload that the socket has accepted, also when the sending is cancelled half-way.
struct payload_count {
  byte_offset& total;
  const sent_observer& on_sent;
  std::size_t before;  ///< bytes of framing in front of the payload
  std::size_t payload;
  std::size_t sent = 0;

  ~payload_count() {
    const auto accepted = std::min(sent - std::min(sent, before), payload);
    total += accepted;
    if (accepted > 0 && on_sent) on_sent(accepted);
  }
};

}  // namespace

async::awaitable<error_code> framed_writer::send_head() {
  std::size_t unused = 0;
  co_return co_await out_.send_all({}, unused);
}

async::awaitable<error_code> framed_writer::send(std::span<const std::byte> piece) {
  // An empty chunk would be the end.
  if (piece.empty()) co_return error_code();
  co_return co_await send_framed(piece);
}

async::awaitable<error_code> framed_writer::finish() {
  if (framing_ == client_framing::chunked) co_return co_await send_framed({});
  co_return co_await send_head();
}

async::awaitable<error_code> framed_writer::send_framed(std::span<const std::byte> piece) {
  const bool chunked = framing_ == client_framing::chunked;
  const auto size_line = chunked ? fmt::format("{:x}\r\n", piece.size()) : std::string();
  const std::string_view end = chunked ? "\r\n" : "";
  const std::array<asio::const_buffer, 3> buffers{
      asio::buffer(size_line), asio::buffer(piece.data(), piece.size()), asio::buffer(end)};
  payload_count count{sent_, on_sent_, size_line.size(), piece.size()};
  const auto ec = co_await out_.send_all(buffers, count.sent);
  co_return ec;
}

}  // namespace millrace::transfer
