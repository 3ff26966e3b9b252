// Many clients of one live stream: one upstream connection, a good beginning for each, and nobody in
// another's way.

#include "server/live_support.hpp"

#include <barrier>

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(live_clients_test)

namespace {

settings many_threads() {
  auto config = live_test_settings();
  config.listen.threads = 4;
  return config;
}

/// So many viewers that ask at the same moment and then read to that much.
std::vector<std::unique_ptr<viewer>> crowd(const live_fixture& on, const std::string& id, std::size_t count,
                                           std::uint64_t bytes) {
  std::vector<std::unique_ptr<viewer>> all(count);
  std::barrier together(static_cast<std::ptrdiff_t>(count));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      together.arrive_and_wait();
      auto one = on.watch(id, {.lines = "User-Agent: " + std::to_string(i) + "\r\n"});
      if (one->status() == 200) one->read_to(bytes);
      all[i] = std::move(one);
    });
  }
  for (auto& each : threads)
    each.join();
  return all;
}

}  // namespace

// Whatever the URL tells beforehand.
BOOST_AUTO_TEST_CASE(twenty_at_once_share_one_connection) {
  for (const std::string path : {"/a.ts", "/play"}) {
    for (const auto delay : {0ms, 200ms}) {
      BOOST_TEST_CONTEXT(path << " after " << delay.count() << " ms") {
        live_fixture on(many_threads());
        auto rules = broadcasting(lively());
        rules.content_type = path == "/play" ? "" : "video/mp2t";
        rules.delay = delay;
        const auto id = on.post_as(path, rules);
        const auto all = crowd(on, id, 20, 300'000);
        for (const auto& each : all) {
          check_live_head(*each);
          check_seamless(whole_packets(each->body));
        }
        BOOST_TEST(on.origin.of(path).requests == 1U);
        BOOST_TEST(count_of(on.info(id), "client_count") == 20U);
        BOOST_TEST(count_of(on.totals(), "active_clients") == 20U);
        BOOST_TEST(count_of(on.totals(), "active_streams") == 1U);
      }
    }
  }
}

// The one who opens it fails: the others, who waited for that answer, fail with it and do not storm the
// source.
BOOST_AUTO_TEST_CASE(twenty_at_once_where_the_first_fails) {
  live_fixture on(many_threads());
  auto rules = broadcasting(lively());
  rules.delay = 200ms;
  rules.status = {{.status = 404, .when = {.times = 1}}};
  const auto id = on.post_as("/a.ts", rules);
  const auto all = crowd(on, id, 20, 300'000);
  for (const auto& each : all) {
    BOOST_TEST((each->status() == 200 || each->status() == 404));
    if (each->status() == 200) check_seamless(whole_packets(each->body));
  }
  BOOST_TEST(on.origin.of("/a.ts").peak_requests <= 1U);
  BOOST_TEST(on.origin.of("/a.ts").requests <= 2U);
  const auto next = on.watch(id);
  BOOST_TEST(next->read_to(100'000));
}

// The one who opens it leaves before the answer: somebody else takes its place.
BOOST_AUTO_TEST_CASE(twenty_at_once_where_the_first_leaves) {
  live_fixture on(many_threads());
  auto rules = broadcasting(lively());
  rules.delay = 300ms;
  const auto id = on.post_as("/a.ts", rules);
  viewer first(on.server.port(), on.path_of(id), {.lines = "User-Agent: first\r\n", .wait_head = false});
  BOOST_TEST(on.origin.wait_until([&] { return on.origin.of("/a.ts").requests == 1; }));
  std::thread leaver([&] {
    eventually([&] { return on.server.connections() > 10; });
    first.close();
  });
  const auto all = crowd(on, id, 20, 300'000);
  leaver.join();
  for (const auto& each : all) {
    check_live_head(*each);
    check_seamless(whole_packets(each->body));
  }
  BOOST_TEST(on.origin.of("/a.ts").requests == 2U);
}

BOOST_AUTO_TEST_CASE(nobody_storms_a_dead_source) {
  live_fixture on(many_threads());
  origin::behaviour rules{.delay = 50ms, .status = {{.status = 404}}};
  const auto id = on.post_as("/a.ts", rules);
  for (const auto& each : crowd(on, id, 20, 1))
    BOOST_TEST(each->status() == 404);
  std::size_t most = 0;
  std::vector<std::chrono::steady_clock::time_point> arrived;
  for (const auto& each : on.origin.requests("/a.ts")) {
    arrived.push_back(each.arrived);
    most = std::max(
        most, static_cast<std::size_t>(std::count_if(arrived.begin(), arrived.end(),
                                                     [&](auto at) { return each.arrived - at < 40ms; })));
  }
  BOOST_TEST(most <= 2U);
  BOOST_TEST(on.quiet());
}

// Several streams at the same time, on several threads each.
BOOST_AUTO_TEST_CASE(streams_do_not_disturb_each_other) {
  live_fixture on(many_threads());
  std::vector<std::string> ids;
  for (std::uint64_t i = 0; i < 4; ++i)
    ids.push_back(on.post_as("/" + std::to_string(i) + ".ts", broadcasting(lively(), 100 + i)));
  std::vector<std::thread> threads;
  std::vector<std::string> bodies(16);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto one = on.watch(ids[i % 4]);
      one->read_to(500'000);
      bodies[i] = one->body;
    });
  }
  for (auto& each : threads)
    each.join();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    check_seamless(whole_packets(bodies[i]));
    BOOST_TEST(check_ts(bodies[i]).only_seed(100 + i % 4));
  }
  for (int i = 0; i < 4; ++i)
    BOOST_TEST(on.origin.of("/" + std::to_string(i) + ".ts").peak_requests == 1U);
}

// PAT and PMT first, then a burst from the shared buffer, whole packets from the first byte on.
BOOST_FIXTURE_TEST_CASE(a_joiner_begins_well, live_fixture) {
  const auto id = post_as("/a.ts", broadcasting(lively()));
  const auto first = watch(id);
  BOOST_TEST(first->read_to(4'000'000));
  const auto present = origin.present_packet("/a.ts");
  const auto joiner = watch(id);
  BOOST_TEST(joiner->read_to(600'000));
  check_seamless(whole_packets(joiner->body));
  const auto seen = check_ts(whole_packets(joiner->body));
  BOOST_TEST(seen.before_tables == 0U);
  BOOST_TEST(seen.key_frames >= 1U);
  // Half a megabyte and more had been broadcast before it came.
  BOOST_TEST(*seen.first_number() + 2'700 < present);
  BOOST_TEST((static_cast<unsigned char>(joiner->body[1]) & 0x1fU) == 0U);
  BOOST_TEST(static_cast<unsigned char>(joiner->body[2]) == 0U);
  BOOST_TEST(origin.of("/a.ts").requests == 1U);
}

// A client that does not read for a while.
BOOST_AUTO_TEST_CASE(a_slow_client_skips_and_a_fast_one_loses_nothing) {
  auto config = live_test_settings();
  config.live.buffer = 2 * mebi;
  config.live.burst = mebi / 2;
  live_fixture on(config);
  auto source = lively();
  source.speed = 32;  // 8 MB/s
  const auto id = on.post_as("/a.ts", broadcasting(source));
  const auto fast = on.watch(id);
  const auto slow = on.watch(id, {.lines = "User-Agent: slow\r\n", .receive_buffer = 32 * 1024});
  BOOST_TEST(slow->read_to(100'000));
  const auto skipped = [&] { return on.server.shared().statistics.clients_skipped.load(); };
  BOOST_TEST(fast->read_to(24'000'000));
  BOOST_TEST(slow->read_until([&] { return skipped() > 0; }));
  BOOST_TEST(slow->read_to(slow->received() + 12'000'000));
  check_seamless(whole_packets(fast->body));
  const auto body = whole_packets(slow->body);
  check_announced(body);
  const auto seen = check_ts(body);
  BOOST_TEST(seen.repeats().empty(), seen.summary());
  BOOST_TEST(!seen.gaps().empty());
  BOOST_TEST(on.origin.of("/a.ts").requests == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_upstream_goes_with_the_last_client, live_fixture) {
  const auto id = post_as("/a.ts", broadcasting(lively()));
  for (int round = 0; round < 3; ++round) {
    auto one = watch(id);
    auto two = watch(id, {.lines = "User-Agent: two\r\n"});
    BOOST_TEST(one->read_to(200'000));
    BOOST_TEST(two->read_to(200'000));
    one->close();
    BOOST_TEST(two->read_to(two->received() + 800'000));
    BOOST_TEST(open("/a.ts") == 1U);
    two->reset();
    BOOST_TEST(origin.wait_until([&] { return open("/a.ts") == 0; }, promptly));
    BOOST_TEST(quiet());
    BOOST_TEST(origin.of("/a.ts").requests == static_cast<std::uint64_t>(round + 1));
  }
}

// Players open a stream, look at it, and open it again.
BOOST_AUTO_TEST_CASE(who_comes_back_soon_finds_the_same_connection) {
  auto config = live_test_settings();
  config.live.linger = 1'500ms;
  live_fixture on(config);
  const auto id = on.post_as("/a.ts", broadcasting(lively()));
  for (int visit = 0; visit < 6; ++visit) {
    const auto one = on.watch(id);
    BOOST_TEST(one->read_to(200'000));
    check_seamless(whole_packets(one->body));
  }
  BOOST_TEST(on.origin.of("/a.ts").requests == 1U);
  BOOST_TEST(on.origin.wait_until([&] { return on.open("/a.ts") == 0; }, promptly));
}

BOOST_AUTO_TEST_CASE(head_asks_at_most_once) {
  for (const std::string path : {"/a.ts", "/play"}) {
    live_fixture on;
    auto rules = broadcasting(lively());
    rules.content_type = "";
    const auto id = on.post_as(path, rules);
    for (int i = 0; i < 5; ++i) {
      const auto head = on.get(id, {}, "HEAD");
      BOOST_TEST(head.body.empty());
      BOOST_TEST(head.status == 200);
      BOOST_TEST(on.origin.of(path).requests == 1U);
    }
    BOOST_TEST(on.origin.wait_until([&] { return on.open(path) == 0; }, promptly));
    const auto viewer = on.watch(id);
    const auto head = on.get(id, {}, "HEAD");
    for (const std::string name : {"Content-Type", "Accept-Ranges", "Content-Disposition", "X-Stream-ID",
                                   "Transfer-Encoding", "Access-Control-Allow-Origin", "Cache-Control"})
      BOOST_TEST(head.header(name).value_or("-") == viewer->header(name).value_or("-"), name);
    BOOST_TEST(head.header("Content-Type").value_or("") == "video/mp2t");
    BOOST_TEST(on.origin.of(path).requests == 2U);
  }
}

BOOST_FIXTURE_TEST_CASE(range_is_ignored, live_fixture) {
  const auto id = post_as("/a.ts", broadcasting(lively()));
  for (const std::string range : {"bytes=0-", "bytes=100000-", "bytes=-500", "bytes=99999999999-"}) {
    const auto one = watch(id, {.lines = "Range: " + range + "\r\n"});
    check_live_head(*one);
    BOOST_TEST(!one->header("Content-Range"));
    BOOST_TEST(one->read_to(100'000));
    check_seamless(whole_packets(one->body));
  }
}

BOOST_FIXTURE_TEST_CASE(http_1_0_lasts_until_the_connection_closes, live_fixture) {
  auto rules = broadcasting(lively());
  const auto id = post_as("/a.ts", rules);
  const auto one = watch(id, {.version = "1.0"});
  check_live_head(*one);
  BOOST_TEST(!one->header("Transfer-Encoding"));
  BOOST_TEST(one->read_to(300'000));
  check_seamless(whole_packets(one->body));
  BOOST_TEST(server.request("DELETE", "/streams/" + id).status == 200);
  one->drain();
  BOOST_TEST((one->ended() == ending::reset));
}

BOOST_AUTO_TEST_SUITE_END()
