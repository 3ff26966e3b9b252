#include "transfer/send_shared.hpp"

#include "transfer/client_writer.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

struct sender {
  sending_job& job;
  client_writer& out;
  delivery_result result;
};

/// Counts the payload that the socket has accepted, also when the sending is cancelled half-way.
struct payload_count {
  sender& of;
  std::size_t before;  ///< bytes of framing in front of the payload
  std::size_t payload;
  std::size_t sent = 0;

  ~payload_count() {
    const auto accepted = std::min(sent - std::min(sent, before), payload);
    of.result.sent += accepted;
    if (accepted > 0 && of.job.on_sent) of.job.on_sent(accepted);
  }
};

/// One piece in the client's framing, the head before the first; an empty piece is the end.
async::awaitable<error_code> send_piece(sender& of, std::span<const std::byte> piece) {
  const bool chunked = of.job.framing == client_framing::chunked;
  const auto size_line = chunked ? fmt::format("{:x}\r\n", piece.size()) : std::string();
  const std::string_view end = chunked ? "\r\n" : "";
  const std::array<asio::const_buffer, 3> buffers{
      asio::buffer(size_line), asio::buffer(piece.data(), piece.size()), asio::buffer(end)};
  payload_count count{of, size_line.size(), piece.size()};
  const auto ec = co_await of.out.send_all(buffers, count.sent);
  co_return ec;
}

/// Sends what there is of [position, end) as it comes; `position` is then where it stopped.
async::awaitable<error_code> send_part(sender& of, byte_offset& position, byte_offset end) {
  auto& from = *of.job.from;
  while (position < end) {
    auto piece = from.at(position);
    if (piece.empty()) {
      if (from.ended() && position >= from.size()) break;
      co_await from.wait_beyond(position);
      continue;
    }
    piece = piece.first(static_cast<std::size_t>(std::min<byte_offset>(piece.size(), end - position)));
    const auto ec = co_await send_piece(of, piece);
    if (ec) co_return ec;
    position += piece.size();
  }
  co_return error_code();
}

/// Why the part has not all been there.
std::optional<failure> shortfall(const sender& of) {
  auto cause = of.job.from->cause();
  if (!cause && of.job.framing == client_framing::length)
    cause = failure{.code = errc::connection_lost, .detail = "the shared body is shorter than announced"};
  return cause;
}

}  // namespace

async::awaitable<delivery_result> send_shared(async::transport& client, sending_job work) {
  const async::executor on = co_await asio::this_coro::executor;
  client_writer out(on, client, std::move(work.head), work.limits.send_timeout);
  sender of{work, out, {}};
  auto position = work.part.begin - work.body_begin;
  const auto end = work.part.end - work.body_begin;
  of.result.client_error = co_await send_part(of, position, end);
  if (of.result.client_error) co_return std::move(of.result);
  if (position < end) of.result.cause = shortfall(of);
  if (of.result.cause) {
    const bool looks_complete = work.framing == client_framing::until_close && !out.head_pending();
    if (looks_complete) async::reset_on_close(client);
    co_return std::move(of.result);
  }
  if (work.framing == client_framing::chunked || out.head_pending())
    of.result.client_error = co_await send_piece(of, {});
  of.result.complete = !of.result.client_error;
  co_return std::move(of.result);
}

}  // namespace millrace::transfer
