#include "transfer/client_watch.hpp"

#include "async/task_group.hpp"

#include <array>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

async::awaitable<void> run_response(async::awaitable<void> response, bool& finished, async::event& ended) {
  try {
    co_await std::move(response);
  } catch (...) {
    ended.notify();
    throw;
  }
  finished = true;
  ended.notify();
}

async::awaitable<void> run_watch(async::transport& client, std::string& input, std::size_t limit,
                                 async::event& ended) {
  co_await watch_client(client, input, limit);
  ended.notify();
}

}  // namespace

async::awaitable<void> watch_client(async::transport& client, std::string& input, std::size_t limit) {
  std::array<std::byte, 2048> scratch;
  // Every response ends with the cancellation of its watch: no exception for that.
  co_await asio::this_coro::throw_if_cancelled(false);
  while (input.size() < limit) {
    const auto waited = co_await client.wait_readable();
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    // An aborted wait is somebody else's: a writer's time-out ends all waits of the transport.
    if (waited == asio::error::operation_aborted) continue;
    if (waited) co_return;
    error_code ec;
    const auto count = client.read_now(scratch, ec);
    input.append(reinterpret_cast<const char*>(scratch.data()), count);
    if (ec && ec != asio::error::would_block) co_return;
  }
}

async::awaitable<bool> while_client_stays(async::transport& client, std::string& input, std::size_t limit,
                                          async::event& ended, async::awaitable<void> response) {
  bool finished = false;
  co_await async::with_task_group([&](async::task_group& group) {
    group.spawn(run_watch(client, input, limit, ended));
    group.spawn(run_response(std::move(response), finished, ended));
    return ended.wait();
  });
  co_return finished;
}

}  // namespace millrace::transfer
