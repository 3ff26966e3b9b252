// The hand-over between two coroutines of one event loop, and what a timeout around a step costs.

#include "async/event.hpp"

#include "async/combinators.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace {

using namespace millrace;
using async::awaitable;
using boost::asio::io_context;

awaitable<void> answer(async::event& question, async::event& reply, std::int64_t rounds) {
  for (std::int64_t i = 0; i < rounds; ++i) {
    co_await question.wait();
    reply.notify();
  }
}

awaitable<void> ask(async::event& question, async::event& reply, benchmark::State& state) {
  while (state.KeepRunning()) {
    question.notify();
    co_await reply.wait();
  }
}

void ping_pong(benchmark::State& state) {
  io_context loop(1);
  async::event question(loop.get_executor()), reply(loop.get_executor());
  boost::asio::co_spawn(loop, answer(question, reply, state.max_iterations), boost::asio::detached);
  boost::asio::co_spawn(loop, ask(question, reply, state), boost::asio::detached);
  loop.run();
  state.SetItemsProcessed(state.iterations() * 2);
}
BENCHMARK(ping_pong);

awaitable<int> nothing() {
  co_return 1;
}

awaitable<void> time_steps(benchmark::State& state) {
  while (state.KeepRunning()) {
    const auto value = co_await async::with_timeout(std::chrono::seconds(10), nothing());
    benchmark::DoNotOptimize(value);
  }
}

void step_with_timeout(benchmark::State& state) {
  io_context loop(1);
  boost::asio::co_spawn(loop, time_steps(state), boost::asio::detached);
  loop.run();
}
BENCHMARK(step_with_timeout);

}  // namespace
