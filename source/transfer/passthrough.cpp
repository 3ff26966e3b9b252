#include "transfer/passthrough.hpp"

#include "transfer/client_writer.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

struct passage {
  passthrough_job& work;
  client_writer& out;
  delivery_result result;
};

/// Counts the payload that the socket has accepted, also when the sending is cancelled half-way.
struct payload_count {
  passage& state;
  std::size_t before;  ///< bytes of framing in front of the payload
  std::size_t payload;
  std::size_t sent = 0;

  ~payload_count() {
    const auto accepted = std::min(sent - std::min(sent, before), payload);
    state.result.sent += accepted;
    if (accepted > 0 && state.work.on_sent) state.work.on_sent(accepted);
  }
};

/// One piece of the body in the client's framing; an empty piece is the end.
async::awaitable<error_code> send_piece(passage& state, std::span<const std::byte> piece) {
  const bool chunked = state.work.framing == client_framing::chunked;
  const auto size_line = chunked ? fmt::format("{:x}\r\n", piece.size()) : std::string();
  const std::string_view end = chunked ? "\r\n" : "";
  const std::array<asio::const_buffer, 3> buffers{
      asio::buffer(size_line), asio::buffer(piece.data(), piece.size()), asio::buffer(end)};
  payload_count count{state, size_line.size(), piece.size()};
  const auto ec = co_await state.out.send_all(buffers, count.sent);
  co_return ec;
}

}  // namespace

async::awaitable<delivery_result> pass_through(async::transport& client, passthrough_job work) {
  const async::executor on = co_await asio::this_coro::executor;
  client_writer out(on, client, std::move(work.head), work.limits.send_timeout);
  passage state{work, out, {}};
  auto memory = work.blocks.take(async::small_block);
  std::size_t unused = 0;
  state.result.client_error = co_await out.send_all({}, unused);
  while (!state.result.client_error) {
    auto count = co_await work.body.read(memory.bytes());
    if (!count) {
      if (work.framing == client_framing::until_close) async::reset_on_close(client);
      state.result.cause = count.error();
      co_return std::move(state.result);
    }
    if (*count > 0 || work.framing == client_framing::chunked) {
      state.result.client_error = co_await send_piece(state, memory.bytes().first(*count));
    }
    if (*count > 0 || state.result.client_error) continue;
    state.result.complete = true;
    co_return std::move(state.result);
  }
  co_return std::move(state.result);
}

}  // namespace millrace::transfer
