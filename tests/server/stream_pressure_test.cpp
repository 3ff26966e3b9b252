// Slow, paused and vanished clients: what the upstream has to send for them.

#include "server/stream_support.hpp"

#include <memory>

using namespace millrace;
using namespace millrace::test;
using origin::head_fault;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_pressure_test)

namespace {

constexpr std::uint64_t huge = 5ULL << 30;
/// What the kernel may hold between origin and server, and between server and client.
constexpr std::uint64_t sockets_each = 6 * mebi;

/// Until the origin has stopped sending: no byte for a third of a second.
std::uint64_t settled_bytes(const stream_fixture& on) {
  auto last = on.origin.totals().bytes_sent;
  auto since = std::chrono::steady_clock::now();
  const bool quiet = eventually([&] {
    const auto now = on.origin.totals().bytes_sent;
    if (now != last) since = std::chrono::steady_clock::now();
    last = now;
    return std::chrono::steady_clock::now() - since > milliseconds(333);
  });
  BOOST_TEST(quiet, "the origin keeps sending");
  return last;
}

/// Seconds until the origin has nothing open for this path any more.
double idle_after(const stream_fixture& on, std::chrono::steady_clock::time_point gone) {
  BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; }));
  return seconds_since(gone);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_stops_the_upstream) {
  for (const unsigned connections : {1U, 4U, 8U}) {
    auto config = stream_settings();
    config.transfer.connections = connections;
    config.transfer.chunk_size = 1 * mebi;
    stream_fixture on(config);
    on.origin.set("/a.mkv", {.size = huge, .seed = 4});
    BOOST_TEST_CONTEXT(connections << " connections") {
      raw_client client(on.server.port());
      client.get(on.target("/a.mkv"));
      const auto begun = client.receive(false, 1);
      BOOST_TEST(begun.header("Content-Length").value_or("") == std::to_string(huge));
      const auto window = (connections + 1) * mebi + 1 * mebi;
      BOOST_TEST(settled_bytes(on) < window + (connections + 1) * sockets_each);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_slowly_gets_the_right_bytes) {
  auto config = stream_settings();
  config.upstream.min_speed = 10 * mebi;  // waiting for the client never counts as low speed
  config.upstream.min_speed_streak = 1;
  config.upstream.retries = 0;
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = huge, .seed = 4});
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  auto taken = client.receive(false, 64 * kibi).body;
  for (int i = 0; i < 30; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    taken += client.read(128 * kibi);
  }
  BOOST_TEST(taken.size() == 64 * kibi + 30 * 128 * kibi);
  BOOST_TEST((taken == origin::content_of(4, 0, taken.size())));
  const auto window = 5 * 256 * kibi + 1 * mebi;
  BOOST_TEST(on.origin.totals().bytes_sent < taken.size() + window + 5 * sockets_each);
}

BOOST_AUTO_TEST_CASE(a_paused_client_goes_on_where_it_was) {
  for (const bool drop : {false, true}) {
    auto config = stream_settings();
    config.transfer.pause_after = std::chrono::seconds(1);
    config.transfer.chunk_size = 1 * mebi;
    stream_fixture on(config);
    on.origin.set("/a.mkv", {.size = 48 * mebi, .seed = 4});
    raw_client client(on.server.port());
    client.get(on.target("/a.mkv"));
    auto body = client.receive(false, 100'000).body;
    // Its upstream may be closed and resumed by Range: at the latest now nothing is open any more.
    BOOST_TEST(eventually([&] { return on.origin.totals().active_requests == 0; }));
    std::this_thread::sleep_for(milliseconds(1'300));
    if (drop) on.origin.drop_connections(true);
    body += client.read(48 * mebi - body.size());
    BOOST_TEST(body.size() == 48 * mebi);
    BOOST_TEST((body == origin::content_of(4, 0, body.size())));
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_takes_nothing_for_too_long_is_given_up) {
  auto config = stream_settings();
  config.listen.send_timeout = milliseconds(500);
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = huge, .seed = 4});
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  BOOST_TEST(client.receive(false, 1).status == 200);
  BOOST_TEST(eventually([&] { return on.server.connections() == 0; }));
  BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; }));
}

BOOST_AUTO_TEST_CASE(a_vanished_client_ends_its_transfers) {
  auto config = stream_settings();
  config.upstream.read_timeout = std::chrono::seconds(20);
  stream_fixture on(config);
  on.origin.set("/fast", {.size = huge, .seed = 4});
  on.origin.set("/slow", {.size = huge, .seed = 4, .rate = 200 * kibi});
  on.origin.set("/stalled", {.size = huge, .seed = 4, .stall_at = {{.after = 50'000}}});
  for (const std::string path : {"/fast", "/slow", "/stalled"}) {
    BOOST_TEST_CONTEXT(path) {
      auto client = std::make_unique<raw_client>(on.server.port());
      client->get(on.target(path));
      BOOST_TEST(client->receive(false, 50'000).body.size() == 50'000U);
      client.reset();
      BOOST_TEST(idle_after(on, std::chrono::steady_clock::now()) < promptly.count());
      const auto sent = on.origin.totals().bytes_sent;
      BOOST_TEST(sent < 64 * mebi);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_before_the_first_byte) {
  auto config = stream_settings();
  config.upstream.read_timeout = std::chrono::seconds(30);
  stream_fixture on(config);
  on.origin.set("/never", {.head = {{.what = head_fault::kind::never}}});
  on.origin.set("/late", {.size = huge, .delay = std::chrono::seconds(20)});
  for (const std::string path : {"/never", "/late"}) {
    BOOST_TEST_CONTEXT(path) {
      auto client = std::make_unique<raw_client>(on.server.port());
      client->get(on.target(path));
      BOOST_TEST(on.origin.wait_until([&] { return !on.origin.requests(path).empty(); }));
      client.reset();
      const auto gone = std::chrono::steady_clock::now();
      BOOST_TEST(eventually([&] { return on.server.connections() == 0; }));
      BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().open_connections == 0; }));
      BOOST_TEST(seconds_since(gone) < promptly.count());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_during_back_off) {
  auto config = stream_settings();
  config.upstream.backoff_first = config.upstream.backoff_limit = std::chrono::seconds(8);
  stream_fixture on(config);
  on.origin.set("/503", {.status = {{.status = 503}}});
  on.origin.set("/after", {.status = {{.status = 503, .retry_after = "20"}}});
  on.origin.set("/middle",
                {.size = 4 * mebi, .seed = 4, .status = {{.status = 503, .when = {.first_byte_from = 1}}}});
  for (const std::string path : {"/503", "/after", "/middle"}) {
    BOOST_TEST_CONTEXT(path) {
      auto client = std::make_unique<raw_client>(on.server.port());
      client->get(on.target(path));
      if (path == "/middle") {
        BOOST_TEST(client->receive(false, 60'000).status == 200);
        BOOST_TEST(on.origin.wait_until([&] { return on.origin.requests(path).size() > 1; }));
      } else {
        BOOST_TEST(on.origin.wait_until([&] { return !on.origin.requests(path).empty(); }));
      }
      std::this_thread::sleep_for(milliseconds(50));
      client.reset();
      const auto gone = std::chrono::steady_clock::now();
      BOOST_TEST(eventually([&] { return on.server.connections() == 0; }));
      BOOST_TEST(seconds_since(gone) < promptly.count());
      const auto requests = on.origin.totals().requests;
      std::this_thread::sleep_for(milliseconds(100));
      BOOST_TEST(on.origin.totals().requests == requests);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(an_abandoned_seek_wastes_little, stream_fixture) {
  origin.set("/a.mkv", {.size = huge, .seed = 4, .rate = 4 * mebi, .delay = milliseconds(20)});
  for (std::uint64_t i = 0; i < 5; ++i) {
    raw_client client(server.port());
    client.get(target("/a.mkv"), "Range: bytes=" + std::to_string(i * 100 * mebi) + "-\r\n");
    BOOST_TEST(client.receive(false, 1000).status == 206);
  }
  BOOST_TEST(origin.wait_until([&] { return origin.totals().active_requests == 0; }));
  BOOST_TEST(origin.totals().bytes_sent < 5 * 5 * mebi);
}

BOOST_AUTO_TEST_SUITE_END()
