// GET /stats with 1,000 streams and 5,000 clients, without HTTP.

#include "api/client_resource.hpp"
#include "api/metrics.hpp"
#include "api/stats_resource.hpp"
#include "api/stream_resource.hpp"
#include "registry/registry_support.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace millrace;

struct crowd : registry::registry_fixture {
  crowd() {
    for (int i = 0; i < 1'000; ++i) {
      const auto name = "/live/channel-" + std::to_string(i) + ".ts?token=0123456789abcdef";
      auto what = registry::make_definition({"http://one.example" + name, "http://two.example" + name});
      what.user_agent = "VLC/3.0.20 LibVLC/3.0.20";
      what.metadata = {{"name", "Channel " + std::to_string(i)}};
      const auto made = all.post(std::move(what));
      for (int k = 0; k < 5; ++k)
        visit(made, registry::client_id("192.0.2.1", std::to_string(k), made->id()));
    }
  }
};

const crowd& everybody() {
  static const crowd made;
  return made;
}

void stats_lists(benchmark::State& state) {
  const auto& all = everybody().all;
  for (auto _ : state) {
    benchmark::DoNotOptimize(all.streams());
    benchmark::DoNotOptimize(all.clients());
  }
}
BENCHMARK(stats_lists)->Unit(benchmark::kMillisecond);

void stats_text(benchmark::State& state) {
  const auto& all = everybody().all;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto streams = all.streams();
    const auto clients = all.clients();
    const auto now = registry::wall_clock::now();
    std::string text = R"({"streams":[)";
    text.reserve(4 << 20);
    api::append_infos(text, std::span(streams), now);
    text += R"(],"clients":[)";
    api::append_infos(text, std::span(clients), now);
    text += "]}";
    bytes += text.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(stats_text)->Unit(benchmark::kMillisecond);

// What one turn on the event loop takes.
void stats_slice(benchmark::State& state) {
  const auto streams = everybody().all.streams();
  for (auto _ : state) {
    std::string text = "[";
    api::append_infos(text, std::span(streams).first(100), registry::wall_clock::now());
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(stats_slice)->Unit(benchmark::kMillisecond);

void metrics_page(benchmark::State& state) {
  const auto& totals = everybody().totals;
  for (auto _ : state)
    benchmark::DoNotOptimize(api::metrics_text(totals, {}));
}
BENCHMARK(metrics_page)->Unit(benchmark::kMillisecond);

}  // namespace
