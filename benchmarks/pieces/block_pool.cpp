// Taking and giving back the blocks of the byte path, and reserving their memory.

#include "async/block_pool.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace {

using namespace millrace::async;

void take_and_give_back(benchmark::State& state) {
  block_pool pool;
  for (auto _ : state) {
    auto taken = pool.take(static_cast<std::size_t>(state.range(0)));
    benchmark::DoNotOptimize(taken.bytes().data());
  }
}
BENCHMARK(take_and_give_back)->Arg(small_block)->Arg(large_block);

/// A window full of blocks at one time, as one client request has it.
void fill_a_window(benchmark::State& state) {
  block_pool pool;
  std::vector<block> window;
  for (auto _ : state) {
    for (int i = 0; i < state.range(0); ++i)
      window.push_back(pool.take(small_block));
    window.clear();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(fill_a_window)->Arg(16)->Arg(80);

void reserve_and_release(benchmark::State& state) {
  static memory_budget budget(std::uint64_t{1} << 40);
  for (auto _ : state) {
    auto held = budget.try_reserve(1024 * 1024);
    benchmark::DoNotOptimize(held.size());
  }
}
BENCHMARK(reserve_and_release)->Threads(1)->Threads(2);

}  // namespace
