// Origins that bear few connections, slow connections, and the race for a chunk that holds up the client.

#include "server/stream_support.hpp"

#include <tuple>

using namespace millrace;
using namespace millrace::test;
using origin::connection_limit;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_overload_test)

namespace {

constexpr std::uint64_t size = 6 * mebi;
constexpr std::uint64_t seed = 12;

struct refusing {
  std::string name;
  connection_limit limit;
};

std::vector<refusing> refusals(std::uint64_t most) {
  std::vector<refusing> all{
      {"reset", {.most = most, .over = connection_limit::refusal::reset}},
      {"close", {.most = most, .over = connection_limit::refusal::close}},
  };
  for (const int status : {401, 403, 408, 429, 500, 502, 503})
    all.push_back({std::to_string(status), {.most = most, .status = status}});
  return all;
}

settings wide() {
  auto config = stream_settings();
  config.transfer.connections = 8;
  config.upstream.retries = 0;  // what is overload is never a retry
  return config;
}

/// The greatest number of requests that the path has answered at the same time since the last reset.
std::uint64_t peak(const stream_fixture& on) {
  return on.origin.of("/a.mkv").peak_requests;
}

}  // namespace

BOOST_AUTO_TEST_CASE(all_bytes_arrive_and_no_retry_is_counted) {
  std::uint64_t refused = 0;
  for (const std::uint64_t most : {1U, 2U, 4U}) {
    for (const auto& each : refusals(most)) {
      stream_fixture on(wide());
      BOOST_TEST_CONTEXT("at most " << most << ", else " << each.name) {
        on.origin.set("/a.mkv",
                      {.size = 2 * mebi, .seed = seed, .rate = 8 * mebi, .max_connections = each.limit});
        check_whole(on.play("/a.mkv"), seed, 2 * mebi);
        BOOST_TEST(peak(on) <= most);
        refused += on.origin.of("/a.mkv").refused;
      }
    }
  }
  BOOST_TEST(refused > 0U);
}

BOOST_AUTO_TEST_CASE(connections_that_are_reset_when_they_are_opened) {
  stream_fixture on(wide());
  on.origin.limit_connections(2);
  on.origin.set("/a.mkv", {.size = size, .seed = seed, .rate = 16 * mebi});
  check_whole(on.play("/a.mkv"), seed, size);
}

// The limit is remembered for that origin: the next request does not run into it again.
BOOST_AUTO_TEST_CASE(the_limit_is_remembered) {
  for (const std::uint64_t most : {1U, 2U, 4U}) {
    stream_fixture on(wide());
    BOOST_TEST_CONTEXT("at most " << most) {
      on.origin.set("/a.mkv",
                    {.size = 3 * mebi, .seed = seed, .rate = 16 * mebi, .max_connections = {{.most = most}}});
      on.origin.set(
          "/b.mkv",
          {.size = 3 * mebi, .seed = seed + 1, .rate = 16 * mebi, .max_connections = {{.most = most}}});
      for (int i = 0; i < 4; ++i)
        check_whole(on.play("/a.mkv"), seed, 3 * mebi);
      on.origin.reset_counters();
      check_whole(on.play("/a.mkv"), seed, 3 * mebi);
      BOOST_TEST(on.origin.totals().refused == 0U);
      check_whole(on.play("/b.mkv"), seed + 1, 3 * mebi);
      BOOST_TEST(on.origin.totals().refused == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(parallelism_is_halved_not_given_up) {
  stream_fixture on(wide());
  on.origin.set("/a.mkv", {.size = size, .seed = seed, .rate = 4 * mebi, .max_connections = {{.most = 6}}});
  check_whole(on.play("/a.mkv"), seed, size);
  on.origin.reset_counters();
  check_whole(on.play("/a.mkv"), seed, size);
  BOOST_TEST(peak(on) >= 3U);
  BOOST_TEST(peak(on) <= 6U);
}

// A Retry-After on an additional connection is not waited for: the others go on.
BOOST_AUTO_TEST_CASE(overload_does_not_wait) {
  auto config = stream_settings();
  config.transfer.connections = 8;
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = size,
                           .seed = seed,
                           .rate = 16 * mebi,
                           .max_connections = {{.most = 2, .status = 429, .retry_after = "20"}}});
  const auto began = std::chrono::steady_clock::now();
  check_whole(on.play("/a.mkv"), seed, size);
  BOOST_TEST(seconds_since(began) < 10);
}

// Only a failure of the last remaining connection is retried or failed over.
BOOST_AUTO_TEST_CASE(the_last_connection_is_no_additional_one) {
  auto config = wide();
  config.upstream.retries = 2;
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = size, .seed = seed, .status = {{.status = 503}}});
  check_problem(on.play("/a.mkv"), 502, "upstream");
  BOOST_TEST(on.origin.totals().requests == 3U);
  on.origin.set(
      "/b.mkv",
      {.size = size, .seed = seed, .status = {{.status = 503, .when = {.first_byte_from = 1 * mebi}}}});
  const auto response = on.play("/b.mkv");
  check_cut(response, seed);
  BOOST_TEST(response.body.size() >= 900 * kibi);
}

BOOST_AUTO_TEST_CASE(low_speed_is_replaced_by_a_new_connection) {
  auto config = stream_settings();
  config.upstream.min_speed = 500 * kibi;
  config.upstream.min_speed_streak = 1;
  config.transfer.connections = 1;
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = 1 * mebi,
                           .seed = seed,
                           .slow_at = {{.after = 20'000, .rate = 2 * kibi, .when = {.times = 1}}}});
  const auto began = std::chrono::steady_clock::now();
  check_whole(on.play("/a.mkv"), seed, 1 * mebi);
  BOOST_TEST(seconds_since(began) < 20);
  // The rest of the chunk came over another connection.
  const auto requests = on.origin.requests();
  BOOST_TEST(std::any_of(requests.begin(), requests.end(), [&](const auto& each) {
    return each.connection != requests.front().connection &&
           each.header("Range").value_or("").find("-65535") != std::string::npos;
  }));
}

// "Counts as a retry": the second time another source is taken.
BOOST_AUTO_TEST_CASE(low_speed_counts_as_a_retry) {
  auto config = stream_settings();
  config.upstream.min_speed = 500 * kibi;
  config.upstream.min_speed_streak = 1;
  config.transfer.connections = 1;
  stream_fixture on(config);
  on.origin.set("/slow.mkv", {.size = 1 * mebi, .seed = seed, .slow_at = {{.after = 100, .rate = 1}}});
  on.origin.set("/good.mkv", {.size = 1 * mebi, .seed = seed});
  const auto began = std::chrono::steady_clock::now();
  check_whole(on.play("/slow.mkv", {}, "mirror=" + encoded(on.origin.url("/good.mkv")) + "&"), seed,
              1 * mebi);
  BOOST_TEST(seconds_since(began) < 20);
  BOOST_TEST(on.origin.requests("/good.mkv").size() > 0U);
}

BOOST_AUTO_TEST_CASE(low_speed_is_off_by_default) {
  stream_fixture on(stream_settings());
  on.origin.set("/a.mkv", {.size = 60'000, .seed = seed, .rate = 40 * kibi});
  check_whole(on.play("/a.mkv"), seed, 60'000);
  BOOST_TEST(on.origin.totals().requests == 1U);
}

// One chunk crawls while the others are done: a second connection delivers it.
BOOST_AUTO_TEST_CASE(a_slow_head_chunk_is_raced) {
  auto config = stream_settings();
  config.upstream.retries = 0;
  config.upstream.read_timeout = std::chrono::seconds(20);
  for (const std::uint64_t rate : {0U, 1024U}) {
    stream_fixture on(config);
    BOOST_TEST_CONTEXT("crawling at " << rate) {
      origin::behaviour rules{.size = size, .seed = seed, .rate = 8 * mebi};
      const origin::condition once{.times = 1, .first_byte_from = 1 * mebi};
      if (rate == 0) {
        rules.stall_at = {{.after = 10'000, .when = once}};
      } else {
        rules.slow_at = {{.after = 10'000, .rate = rate, .when = once}};
      }
      on.origin.set("/a.mkv", rules);
      const auto began = std::chrono::steady_clock::now();
      check_whole(on.play("/a.mkv"), seed, size);
      BOOST_TEST(seconds_since(began) < 15);
      // Raced ones included; the origin may see a new one before the end of the one that lost.
      BOOST_TEST(on.origin.totals().peak_connections <= 5U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
