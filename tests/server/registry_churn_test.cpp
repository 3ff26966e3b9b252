// Thousands of clients that come and go leave everything as it was.

#include "server/live_support.hpp"

#include <filesystem>
#include <random>

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(registry_churn_test)

namespace {

std::size_t descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_thousand_visits) {
  auto config = live_test_settings();
  config.listen.threads = 4;
  config.registry.client_timeout = 0ms;
  config.registry.stream_timeout = 0ms;
  config.registry.cleanup_interval = 3'600s;
  live_fixture on(config);
  const auto file = on.post_as("/a.mkv", {.size = 300'000, .seed = 5});
  const auto live = on.post_as("/a.ts", broadcasting(lively()));
  const auto other_live = on.post_as("/b.ts", broadcasting(lively(), 8));
  const auto dead = on.post({"/dead.ts"});
  on.origin.set("/x.mkv", {.size = 300'000, .seed = 6});
  const auto& shared = on.server.shared();
  const auto visit = [&](unsigned which, unsigned name, std::mt19937& random) {
    const std::vector<std::string> targets{on.path_of(file), on.path_of(live), on.path_of(other_live),
                                           on.path_of(dead), on.target("/x.mkv")};
    const auto& target = targets[which % targets.size()];
    viewer one(on.server.port(), target, {.lines = "User-Agent: " + std::to_string(name) + "\r\n"});
    one.read_to(random() % 200'000);
    if (name % 3 == 0) one.reset();
  };
  std::mt19937 first(1);
  for (unsigned i = 0; i < 10; ++i)
    visit(i, i, first);
  const auto settled = [&] {
    return on.server.connections() == 0 && shared.buffers.used() == 0 &&
           on.origin.of("/a.ts").active_requests + on.origin.of("/b.ts").active_requests == 0;
  };
  BOOST_TEST(eventually(settled));
  const auto before = descriptors();

  std::vector<std::thread> crowd;
  std::atomic<unsigned> visits = 0;
  for (unsigned t = 0; t < 6; ++t) {
    crowd.emplace_back([&, t] {
      std::mt19937 random(t + 2);
      for (unsigned i = visits++; i < 2'000; i = visits++)
        visit(random() % 5, i, random);
    });
  }
  for (auto& each : crowd)
    each.join();
  BOOST_TEST(on.quiet());
  BOOST_TEST(eventually(settled));
  BOOST_TEST(shared.directory.client_count() > 1'000U);
  on.served();
  BOOST_TEST(eventually([&] { return on.server.connections() == 0; }));
  // Idle upstream connections are kept in a pool of bounded size.
  BOOST_TEST(
      eventually([&] { return descriptors() <= before + 2 * shared.config.upstream.pool_idle_per_origin; }));
  on.server.directory().clean_up(registry::directory::clock::now());
  BOOST_TEST(shared.directory.client_count() == 0U);
  BOOST_TEST(shared.directory.stream_count() == 4U);
  // The origin may see the next connection before the end of the last one.
  BOOST_TEST(on.origin.of("/a.ts").peak_requests <= 2U);
  BOOST_TEST(on.origin.of("/b.ts").peak_requests <= 2U);
}

BOOST_AUTO_TEST_SUITE_END()
