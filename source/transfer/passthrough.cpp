#include "transfer/passthrough.hpp"

namespace millrace::transfer {

namespace {

async::awaitable<void> pass_pieces(async::transport& client, passthrough_job& work, framed_writer& out,
                                   delivery_result& result) {
  auto memory = work.blocks.take(async::small_block);
  result.client_error = co_await out.send_head();
  while (!result.client_error) {
    const auto count = co_await work.body.read(memory.bytes());
    if (!count) {
      if (work.framing == client_framing::until_close) async::reset_on_close(client);
      result.cause = count.error();
      co_return;
    }
    if (*count == 0) {
      result.client_error = co_await out.finish();
      result.complete = !result.client_error;
      co_return;
    }
    result.client_error = co_await out.send(memory.bytes().first(*count));
  }
}

}  // namespace

async::awaitable<delivery_result> pass_through(async::transport& client, passthrough_job work) {
  const async::executor on = co_await async::asio::this_coro::executor;
  framed_writer out(on, client, std::move(work.head), work.framing, work.limits.send_timeout,
                    std::move(work.on_sent));
  delivery_result result;
  co_await pass_pieces(client, work, out, result);
  result.sent = out.sent();
  co_return result;
}

}  // namespace millrace::transfer
