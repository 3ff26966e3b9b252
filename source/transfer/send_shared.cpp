#include "transfer/send_shared.hpp"

#include <algorithm>

namespace millrace::transfer {

namespace {

/// Sends what there is of [position, end) as it comes; `position` is then where it stopped.
async::awaitable<error_code> send_part(reading& from, framed_writer& out, byte_offset& position,
                                       byte_offset end) {
  while (position < end) {
    auto piece = from.at(position);
    if (piece.empty()) {
      if (from.ended() && position >= from.size()) break;
      co_await from.wait_beyond(position);
      continue;
    }
    piece = piece.first(static_cast<std::size_t>(std::min<byte_offset>(piece.size(), end - position)));
    const auto ec = co_await out.send(piece);
    if (ec) co_return ec;
    position += piece.size();
  }
  co_return error_code();
}

/// Why the part has not all been there.
std::optional<failure> shortfall(const sending_job& work) {
  auto cause = work.from->cause();
  if (!cause && work.framing == client_framing::length)
    cause = failure{.code = errc::connection_lost, .detail = "the shared body is shorter than announced"};
  return cause;
}

async::awaitable<void> send_body(async::transport& client, sending_job& work, framed_writer& out,
                                 delivery_result& result) {
  auto position = work.part.begin - work.body_begin;
  const auto end = work.part.end - work.body_begin;
  result.client_error = co_await send_part(*work.from, out, position, end);
  if (result.client_error) co_return;
  if (position < end) result.cause = shortfall(work);
  if (result.cause) {
    const bool looks_complete = work.framing == client_framing::until_close && !out.head_pending();
    if (looks_complete) async::reset_on_close(client);
    co_return;
  }
  result.client_error = co_await out.finish();
  result.complete = !result.client_error;
}

}  // namespace

async::awaitable<delivery_result> send_shared(async::transport& client, sending_job work) {
  const async::executor on = co_await async::asio::this_coro::executor;
  framed_writer out(on, client, std::move(work.head), work.framing, work.limits.send_timeout,
                    std::move(work.on_sent));
  delivery_result result;
  co_await send_body(client, work, out, result);
  result.sent = out.sent();
  co_return result;
}

}  // namespace millrace::transfer
