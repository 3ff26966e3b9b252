// Start-up without probing, connections kept and shared, and never more of them than allowed.

#include "server/stream_support.hpp"

#include <atomic>
#include <thread>

using namespace millrace;
using namespace millrace::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_start_test)

namespace {

constexpr std::uint64_t size = 4 * mebi;

}  // namespace

// The first chunk's own response tells everything: nothing is asked that is not played.
BOOST_AUTO_TEST_CASE(a_range_of_one_chunk_costs_one_request) {
  for (const std::string range :
       {"bytes=0-0", "bytes=0-65535", "bytes=1000-1999", "bytes=-1000", "bytes=-65536", "bytes=4194303-"}) {
    stream_fixture on;
    on.origin.set("/a.mkv", {.size = size});
    BOOST_TEST_CONTEXT(range) {
      for (int i = 0; i < 2; ++i) {
        on.origin.reset_counters();
        const auto response = on.play("/a.mkv", "Range: " + range + "\r\n");
        BOOST_TEST(response.status == 206);
        BOOST_TEST(on.origin.totals().requests == 1U);
        BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; }));
        BOOST_TEST(on.origin.totals().bytes_sent == response.body.size());
        BOOST_TEST(on.last_request().method == "GET");
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_small_file_costs_one_request, stream_fixture) {
  origin.set("/a.mkv", {.size = 60'000});
  check_whole(play("/a.mkv"), 1, 60'000);
  BOOST_TEST(origin.totals().requests == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_first_request_is_no_probe, stream_fixture) {
  origin.set("/a.mkv", {.size = size});
  check_whole(play("/a.mkv"), 1, size);
  BOOST_TEST(origin.wait_until([&] { return origin.totals().active_requests == 0; }));
  BOOST_TEST(origin.totals().bytes_sent == size);
  const auto requests = origin.requests();
  BOOST_TEST(requests.front().header("Range").value_or("").starts_with("bytes=0-"));
  for (const auto& each : requests) {
    BOOST_TEST(each.method == "GET");
    BOOST_TEST(each.header("Range").has_value());
  }
}

// Bytes are sent on as they arrive, not chunk by chunk.
BOOST_AUTO_TEST_CASE(bytes_do_not_wait_for_their_chunk) {
  auto config = stream_settings();
  config.transfer.chunk_size = 4 * mebi;
  config.upstream.read_timeout = std::chrono::seconds(20);
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = 16 * mebi, .stall_at = {{.after = 10'000, .when = {.times = 1}}}});
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  const auto began = std::chrono::steady_clock::now();
  const auto response = client.receive(false, 10'000);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(has_content(response, 1, 0, 10'000));
  BOOST_TEST(seconds_since(began) < promptly.count());
}

// A response head comes after an answer of this request's own, never from memory.
BOOST_FIXTURE_TEST_CASE(the_head_waits_for_an_upstream_answer, stream_fixture) {
  origin.set("/a.mkv", {.size = size});
  check_whole(play("/a.mkv"), 1, size);
  origin.set("/a.mkv", {.size = size, .status = {{.status = 404}}});
  check_problem(play("/a.mkv"), 404, "upstream");
  BOOST_TEST(play("/a.mkv", "Range: bytes=5-\r\n").status == 404);
  BOOST_TEST(play("/a.mkv", {}, {}, "HEAD").status == 404);
  BOOST_TEST(play("/a.mkv", "If-None-Match: *\r\n").status == 404);
  BOOST_TEST(play("/a.mkv", "Range: bytes=4194304-\r\n").status == 404);
}

BOOST_AUTO_TEST_CASE(connections_are_never_exceeded) {
  for (const unsigned most : {1U, 2U, 3U, 8U, 16U, 64U}) {
    auto config = stream_settings();
    config.transfer.connections = most;
    config.transfer.chunk_size = 64 * kibi;
    stream_fixture on(config);
    on.origin.set("/a.mkv", {.size = size, .seed = 4, .rate = 1 * mebi, .delay = milliseconds(5)});
    BOOST_TEST_CONTEXT(most << " connections") {
      const auto length = std::min<std::uint64_t>(size, most * 256 * kibi);
      const auto response = on.play("/a.mkv", "Range: bytes=0-" + std::to_string(length - 1) + "\r\n");
      BOOST_TEST(has_content(response, 4, 0, length));
      BOOST_TEST(on.origin.totals().peak_connections <= most);
      if (most > 1) BOOST_TEST(on.origin.totals().peak_connections >= std::min(most, 3U) - 1);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(parallel_connections_are_faster_than_one, stream_fixture) {
  origin.set("/a.mkv", {.size = 8 * mebi, .seed = 4, .rate = 1 * mebi});
  const auto began = std::chrono::steady_clock::now();
  check_whole(play("/a.mkv"), 4, 8 * mebi);
  BOOST_TEST(seconds_since(began) < 6);
}

BOOST_FIXTURE_TEST_CASE(upstream_connections_are_kept_and_shared_by_all_clients, stream_fixture) {
  origin.set("/a.mkv", {.size = size});
  for (int i = 0; i < 12; ++i)
    BOOST_TEST(play("/a.mkv", "Range: bytes=" + std::to_string(i * 100'000) + "-" +
                                  std::to_string(i * 100'000 + 9'999) + "\r\n")
                   .status == 206);
  BOOST_TEST(origin.totals().requests == 12U);
  // A client may be quicker with its next request than the connection is back in the pool.
  BOOST_TEST(origin.totals().connections <= 4U);
}

BOOST_FIXTURE_TEST_CASE(an_origin_that_closes_after_each_answer, stream_fixture) {
  origin.set("/a.mkv", {.size = size, .seed = 3, .keep_alive = false});
  check_whole(play("/a.mkv"), 3, size);
  BOOST_TEST(origin.totals().connections == origin.totals().requests);
}

BOOST_AUTO_TEST_CASE(many_clients_at_once) {
  stream_fixture on(stream_settings(), {.threads = 2});
  constexpr int clients = 40;
  for (int i = 0; i < 4; ++i)
    on.origin.set("/" + std::to_string(i) + ".mkv",
                  {.size = 700'000 + static_cast<std::uint64_t>(i), .seed = static_cast<std::uint64_t>(i)});
  std::atomic<int> right{0};
  std::vector<std::jthread> running;
  for (int n = 0; n < clients; ++n) {
    running.emplace_back([&, n] {
      const auto which = static_cast<std::uint64_t>(n % 4);
      const auto response = on.play("/" + std::to_string(which) + ".mkv");
      if (response.status == 200 && has_content(response, which, 0, 700'000 + which)) ++right;
    });
  }
  running.clear();
  BOOST_TEST(right == clients);
}

BOOST_AUTO_TEST_CASE(memory_that_is_short_fails_nothing) {
  auto config = stream_settings();
  config.transfer.max_memory = 1 * mebi;
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = 2 * mebi, .seed = 4});
  std::atomic<int> right{0};
  std::vector<std::jthread> running;
  for (int n = 0; n < 24; ++n) {
    running.emplace_back([&] {
      if (has_content(on.play("/a.mkv"), 4, 0, 2 * mebi)) ++right;
    });
  }
  running.clear();
  BOOST_TEST(right == 24);
}

BOOST_AUTO_TEST_SUITE_END()
