// What a request takes and leaves: memory, counted bytes, connections; also when many clients come and go.

#include "server/stream_support.hpp"

#include <atomic>
#include <memory>
#include <random>
#include <thread>

using namespace millrace;
using namespace millrace::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_accounting_test)

namespace {

constexpr std::uint64_t huge = 5ULL << 30;

std::uint64_t served(const stream_fixture& on) {
  return on.server.shared().statistics.total_bytes_served.load();
}

std::uint64_t reserved(const stream_fixture& on) {
  return on.server.shared().buffers.used();
}

/// Nothing runs and nothing is held any more.
void check_idle(const stream_fixture& on) {
  BOOST_TEST(eventually([&] { return on.server.connections() == 0; }));
  BOOST_TEST(eventually([&] { return reserved(on) == 0; }));
  BOOST_TEST(eventually([&] { return on.server.shared().statistics.active_clients.load() == 0; }));
  BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(buffers_of_a_request_are_bounded) {
  auto config = stream_settings();
  config.transfer.chunk_size = 1 * mebi;
  config.transfer.connections = 8;
  config.transfer.pause_after = std::chrono::seconds(1);
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = huge, .seed = 4});
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  std::uint64_t peak = 0;
  BOOST_TEST(client.receive(false, 1 * mebi).body.size() == 1 * mebi);
  for (int i = 0; i < 200; ++i) {
    BOOST_TEST(client.read(512 * kibi).size() == 512 * kibi);
    peak = std::max(peak, reserved(on));
  }
  BOOST_TEST(peak > 0U);
  BOOST_TEST(peak <= 9 * mebi + 1 * mebi);
  // "A paused client holds one block."
  BOOST_TEST(eventually([&] { return reserved(on) <= 256 * kibi; }));
  BOOST_TEST(client.read(20 * mebi).size() == 20 * mebi);
}

BOOST_FIXTURE_TEST_CASE(served_bytes_are_counted_exactly, stream_fixture) {
  origin.set("/a.mkv", {.size = 1'000'003, .seed = 4});
  std::uint64_t expected = 0;
  const auto check = [&](std::uint64_t more) {
    expected += more;
    BOOST_TEST(eventually([&] { return served(*this) == expected; }), served(*this) << " != " << expected);
  };
  BOOST_TEST(play("/a.mkv").complete);
  check(1'000'003);
  BOOST_TEST(play("/a.mkv", "Range: bytes=5-1004\r\n").complete);
  check(1000);
  BOOST_TEST(play("/a.mkv", {}, {}, "HEAD").complete);
  BOOST_TEST(play("/a.mkv", "If-None-Match: *\r\n").status == 304);
  BOOST_TEST(play("/a.mkv", "Range: bytes=1000003-\r\n").status == 416);
  BOOST_TEST(play("/missing").status == 404);
  check(0);
  // What was sent before a response is cut counts.
  origin.set("/b.mkv",
             {.size = 600'000, .seed = 4, .status = {{.status = 404, .when = {.first_byte_from = 65'536}}}});
  const auto cut = play("/b.mkv");
  BOOST_TEST(!cut.complete);
  check(cut.body.size());
}

BOOST_AUTO_TEST_CASE(framing_is_no_payload) {
  auto config = stream_settings();
  config.transfer.no_range = no_range_policy::passthrough;
  stream_fixture on(config);
  for (const auto how :
       {origin::framing::content_length, origin::framing::chunked, origin::framing::until_close}) {
    const auto before = served(on);
    on.origin.set(
        "/a.mkv",
        {.size = 1'000'003, .body_framing = how, .lies = {{.about = origin::lie::kind::ignore_range}}});
    BOOST_TEST(on.play("/a.mkv").complete);
    BOOST_TEST(eventually([&] { return served(on) == before + 1'000'003; }), served(on) - before);
  }
}

BOOST_FIXTURE_TEST_CASE(a_client_is_counted_while_its_response_runs, stream_fixture) {
  origin.set("/a.mkv", {.size = huge, .seed = 4});
  {
    raw_client client(server.port());
    client.get(target("/a.mkv"));
    BOOST_TEST(client.receive(false, 100'000).status == 200);
    BOOST_TEST(server.shared().statistics.active_clients.load() == 1U);
  }
  check_idle(*this);
}

// Clients that go at any moment leave nothing behind.
BOOST_AUTO_TEST_CASE(clients_that_come_and_go) {
  auto config = stream_settings();
  config.upstream.read_timeout = milliseconds(300);
  config.transfer.no_range = no_range_policy::passthrough;
  stream_fixture on(config, {.threads = 2});
  const std::vector<std::string> paths{"/fast",     "/slow",  "/stall", "/faulty",
                                       "/redirect", "/whole", "/busy",  "/gone"};
  on.origin.set("/fast", {.size = huge, .seed = 4});
  on.origin.set("/slow", {.size = huge, .seed = 4, .rate = 300 * kibi, .delay = milliseconds(10)});
  on.origin.set("/stall",
                {.size = huge, .seed = 4, .stall_at = {{.after = 50'000, .when = {.probability = 0.5}}}});
  on.origin.set("/faulty", {.size = huge,
                            .seed = 4,
                            .truncate_at = {{.after = 90'000, .when = {.probability = 0.3}}},
                            .reset_at = {{.after = 100'000, .when = {.probability = 0.3}}},
                            .status = {{.status = 503, .when = {.probability = 0.2}}}});
  on.origin.set("/redirect", {.redirect = {{.location = "/fast"}}});
  on.origin.set("/whole", {.size = huge, .seed = 4, .lies = {{.about = origin::lie::kind::ignore_range}}});
  on.origin.set("/busy", {.size = huge, .seed = 4, .max_connections = {{.most = 2}}});
  on.origin.set("/gone", {.status = {{.status = 404}}});
  std::atomic<int> wrong{0};
  std::vector<std::jthread> running;
  for (unsigned n = 0; n < 8; ++n) {
    running.emplace_back([&, n] {
      std::minstd_rand dice(n + 1);
      for (int i = 0; i < 12; ++i) {
        const auto& path = paths[dice() % paths.size()];
        const auto length = std::uniform_int_distribution<std::size_t>(0, 400'000)(dice);
        raw_client client(on.server.port());
        client.get(on.target(path));
        if (dice() % 4 == 0) continue;
        const auto response = client.receive(false, length);
        if (response.status == 200 && response.body != origin::content_of(4, 0, response.body.size()))
          ++wrong;
      }
    });
  }
  running.clear();
  BOOST_TEST(wrong == 0);
  check_idle(on);
  on.origin.set("/small", {.size = 700'000});
  check_whole(on.play("/small"), 1, 700'000);
}

BOOST_AUTO_TEST_SUITE_END()
