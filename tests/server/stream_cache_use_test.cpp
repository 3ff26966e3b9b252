// --cache in use: the same responses as without it, exact bytes under eviction, failover, threads and short
// memory.

#include "server/stream_cache_support.hpp"

#include <atomic>
#include <random>
#include <thread>

using namespace millrace;
using namespace millrace::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_cache_use_test)

namespace {

constexpr std::uint64_t size = 3 * mebi + 54'321;
constexpr std::uint64_t seed = 22;

/// What a client sees, but for what may differ between two servers.
std::string seen(const raw_response& response) {
  std::string text = std::to_string(response.status);
  for (const auto* name :
       {"Content-Type", "Content-Length", "Content-Range", "Content-Disposition", "ETag", "Last-Modified",
        "Accept-Ranges", "Content-Encoding", "Transfer-Encoding", "Access-Control-Allow-Origin", "Vary"})
    text += '\n' + response.header(name).value_or("-");
  return text;
}

std::string range_line(std::uint64_t begin, std::uint64_t end) {
  return "Range: bytes=" + std::to_string(begin) + "-" + std::to_string(end - 1) + "\r\n";
}

}  // namespace

BOOST_AUTO_TEST_CASE(responses_are_the_same_as_without_a_cache) {
  const std::string etag = "\"v1\"", date = "Wed, 03 Jan 2024 03:04:05 GMT";
  const std::vector<std::string> requests{
      "",
      "Range: bytes=0-0\r\n",
      "Range: bytes=100-299999\r\n",
      "Range: bytes=-5\r\n",
      "Range: bytes=-0\r\n",
      "Range: bytes=-99999999\r\n",
      "Range: bytes=3199000-99999999\r\n",
      "Range: bytes=99999999-\r\n",
      "Range: bytes=5-4\r\n",
      "Range: bytes=1-2,5-6\r\n",
      "Range: bytes=700-\r\nIf-Range: " + etag + "\r\n",
      "Range: bytes=700-\r\nIf-Range: \"v2\"\r\n",
      "Range: bytes=700-\r\nIf-Range: " + date + "\r\n",
      "Range: bytes=99999999-\r\nIf-Range: \"v2\"\r\n",
      "If-None-Match: " + etag + "\r\n",
      "If-None-Match: \"v2\"\r\n",
      "If-None-Match: W/\"v1\", \"v3\"\r\nRange: bytes=5-9\r\n",
      "If-None-Match: *\r\n",
      "If-Modified-Since: " + date + "\r\n",
      "If-Modified-Since: Wed, 03 Jan 2020 03:04:05 GMT\r\nRange: bytes=5-9\r\n",
  };
  for (const bool fresh : {false, true}) {
    cache_fixture with;
    stream_fixture without;
    for (auto* at : {&with.origin, &without.origin}) {
      auto rules = fresh ? lasting(size, seed) : origin::behaviour{.size = size, .seed = seed};
      rules.etag = etag;
      rules.last_modified = date;
      at->set("/a.mkv", rules);
    }
    // Empty at first, then with a part, then with all.
    for (const std::string prepare : {"HEAD", "Range: bytes=100000-400000\r\n", ""}) {
      if (prepare != "HEAD") BOOST_TEST(with.play("/a.mkv", prepare).complete);
      for (const auto& lines : requests) {
        for (const std::string method : {"GET", "HEAD"}) {
          BOOST_TEST_CONTEXT((fresh ? "fresh, " : "stale, ") << prepare << ", " << method << ' ' << lines) {
            const auto expected = without.play("/a.mkv", lines, {}, method);
            const auto got = with.play("/a.mkv", lines, {}, method);
            BOOST_TEST(seen(got) == seen(expected));
            BOOST_TEST((got.body == expected.body));
            BOOST_TEST(got.complete);
          }
        }
      }
    }
  }
}

// Random ranges of several files through a cache that holds less than all of them.
BOOST_AUTO_TEST_CASE(random_ranges_and_evictions) {
  for (const bool fresh : {false, true}) {
    cache_fixture on(caching(2 * mebi));
    for (std::uint64_t n = 0; n < 3; ++n) {
      auto rules = fresh ? lasting(size, n) : origin::behaviour{.size = size, .seed = n};
      on.origin.set("/" + std::to_string(n) + ".mkv", rules);
    }
    std::minstd_rand dice(fresh ? 1 : 2);
    for (int i = 0; i < 150; ++i) {
      const auto n = dice() % 3;
      const auto begin = dice() % size;
      const auto end = std::min<std::uint64_t>(size, begin + 1 + dice() % (dice() % 3 == 0 ? size : 300'000));
      BOOST_TEST_CONTEXT("play " << i << ": " << n << ' ' << begin << '-' << end) {
        const auto response = on.play("/" + std::to_string(n) + ".mkv", range_line(begin, end));
        BOOST_REQUIRE(response.status == 206);
        BOOST_REQUIRE(has_content(response, n, begin, end - begin));
        BOOST_REQUIRE(on.counters().cache_bytes.load() <= 2 * mebi);
      }
    }
    BOOST_TEST(on.counters().cache_evictions.load() > 0U);
    BOOST_TEST(on.hits() > 0U);
    BOOST_TEST(eventually([&] { return on.hits() + on.misses() == 150U; }));
  }
}

BOOST_AUTO_TEST_CASE(many_clients_on_several_threads) {
  auto config = caching(4 * mebi);
  config.listen.threads = 4;
  cache_fixture on(config, {.threads = 2});
  for (std::uint64_t n = 0; n < 3; ++n)
    on.origin.set("/" + std::to_string(n) + ".mkv",
                  n == 1 ? lasting(size, n) : origin::behaviour{.size = size, .seed = n});
  std::atomic<int> wrong{0};
  std::vector<std::jthread> clients;
  for (unsigned each = 0; each < 8; ++each) {
    clients.emplace_back([&, each] {
      std::minstd_rand dice(each + 1);
      for (int i = 0; i < 15; ++i) {
        const auto n = dice() % 3;
        const auto begin = dice() % size;
        const auto end = std::min<std::uint64_t>(size, begin + 1 + dice() % 1'000'000);
        raw_client client(on.server.port());
        client.get(on.target("/" + std::to_string(n) + ".mkv"), range_line(begin, end));
        // Some leave early.
        const auto most = dice() % 4 == 0 ? dice() % 200'000 : SIZE_MAX;
        const auto response = client.receive(false, most);
        const auto length = std::min<std::uint64_t>(end - begin, response.body.size());
        if (response.status != 206 || (most == SIZE_MAX && length != end - begin) ||
            response.body != origin::content_of(n, begin, static_cast<std::size_t>(length)))
          ++wrong;
      }
    });
  }
  clients.clear();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(eventually([&] { return on.server.connections() == 0; }));
  BOOST_TEST(eventually([&] { return on.server.shared().buffers.used() <= 4 * mebi; }));
}

BOOST_AUTO_TEST_CASE(an_eviction_in_mid_play_is_fetched) {
  cache_fixture on(caching(8 * mebi));
  on.origin.set("/a.mkv", lasting(7 * mebi, seed));
  on.origin.set("/b.mkv", {.size = 8 * mebi, .seed = 1});
  check_whole(on.play("/a.mkv"), seed, 7 * mebi);
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  auto got = client.receive(false, 100'000);
  BOOST_TEST(got.status == 200);
  check_whole(on.play("/b.mkv"), 1, 8 * mebi);
  // What the sockets do not hold has to come from the upstream now.
  const auto before = on.origin.of("/a.mkv").bytes_sent;
  got.body += client.read(7 * mebi - got.body.size());
  BOOST_TEST(has_content(got, seed, 0, 7 * mebi));
  const auto fetched = on.origin.of("/a.mkv").bytes_sent - before;
  BOOST_TEST(fetched > 0U);
}

BOOST_AUTO_TEST_CASE(an_eviction_and_another_version_in_mid_play) {
  cache_fixture on(caching(8 * mebi));
  on.origin.set("/a.mkv", lasting(7 * mebi, seed));
  on.origin.set("/b.mkv", {.size = 8 * mebi, .seed = 1});
  check_whole(on.play("/a.mkv"), seed, 7 * mebi);
  on.origin.set("/a.mkv", lasting(7 * mebi, seed + 1));
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  auto got = client.receive(false, 100'000);
  check_whole(on.play("/b.mkv"), 1, 8 * mebi);
  got.body += client.read(7 * mebi - got.body.size());
  BOOST_TEST(got.body.size() < 7 * mebi);
  BOOST_TEST(has_content(got, seed, 0, got.body.size()));
  check_whole(on.play("/a.mkv"), seed + 1, 7 * mebi);
}

BOOST_FIXTURE_TEST_CASE(failover_before_and_during_a_play, cache_fixture) {
  millrace::origin::server second;
  const auto mirror = "mirror=" + encoded(second.url("/b.mkv")) + "&";
  origin.set("/a.mkv", {.size = size, .seed = seed});
  second.set("/b.mkv", {.size = size, .seed = seed, .etag = "\"another name for it\""});
  // A part of the primary's is cached; then it dies in the middle of what is missing.
  BOOST_TEST(play("/a.mkv", range_line(1 * mebi, 2 * mebi), mirror).complete);
  origin.update("/a.mkv", [](origin::behaviour& rules) {
    rules.status = origin::status_reply{.status = 404, .when = {.first_byte_from = 500'000}};
  });
  check_whole(play("/a.mkv", {}, mirror), seed, size);
  BOOST_TEST(second.totals().bytes_sent > 0U);
  // Dead from the first byte on, with a cache full of bytes that nobody confirms.
  origin.set("/a.mkv", {.status = {{.status = 404}}});
  check_whole(play("/a.mkv", {}, mirror), seed, size);
  const auto sent = second.totals().bytes_sent;
  check_whole(play("/a.mkv", {}, mirror), seed, size);
  BOOST_TEST(second.totals().bytes_sent - sent == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_fresh_play_survives_a_dead_upstream, cache_fixture) {
  origin.set("/a.mkv", lasting(size, seed));
  check_whole(play("/a.mkv"), seed, size);
  origin.stop();
  check_whole(play("/a.mkv"), seed, size);
}

BOOST_FIXTURE_TEST_CASE(a_stale_play_does_not, cache_fixture) {
  origin.set("/a.mkv", {.size = size, .seed = seed});
  check_whole(play("/a.mkv"), seed, size);
  origin.set("/a.mkv", {.status = {{.status = 404}}});
  check_problem(play("/a.mkv"), 404, "upstream");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_holds_one_page) {
  auto config = caching();
  config.transfer.pause_after = std::chrono::seconds(1);
  cache_fixture on(config);
  constexpr std::uint64_t large = 48 * mebi;
  on.origin.set("/a.mkv", lasting(large, seed));
  BOOST_TEST(on.play("/a.mkv").complete);
  const auto kept = on.counters().cache_bytes.load();
  BOOST_TEST(kept >= large);
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  auto got = client.receive(false, 200'000);
  // What is evicted all the time is counted only as long as this client holds it: a page, or a block when it
  // had to be fetched again.
  auto& shared = const_cast<server::shared_state&>(on.server.shared());
  BOOST_TEST(eventually([&] {
    shared.cache->evict(UINT64_MAX);
    return shared.buffers.used() <= 256 * kibi;
  }));
  got.body += client.read(large - got.body.size());
  BOOST_TEST((got.body == origin::content_of(seed, 0, large)));
}

BOOST_AUTO_TEST_CASE(transfers_come_before_the_cache) {
  auto config = caching(256 * mebi);
  config.transfer.max_memory = 4 * mebi;
  cache_fixture on(config);
  on.origin.set("/a.mkv", {.size = 24 * mebi, .seed = seed, .rate = 64 * mebi, .delay = milliseconds(2)});
  for (int i = 0; i < 2; ++i) {
    check_whole(on.play("/a.mkv"), seed, 24 * mebi);
    BOOST_TEST(on.counters().cache_bytes.load() <= 4 * mebi + 64 * 512);
  }
  BOOST_TEST(on.origin.totals().peak_requests > 1U);
  BOOST_TEST(on.counters().cache_evictions.load() > 0U);
}

BOOST_FIXTURE_TEST_CASE(metrics_tell, cache_fixture) {
  origin.set("/a.mkv", lasting(size, seed));
  check_whole(play("/a.mkv"), seed, size);
  check_whole(play("/a.mkv"), seed, size);
  BOOST_TEST(eventually([&] { return misses() == 1; }));
  const auto text = server.request("GET", "/metrics").body;
  BOOST_TEST(text.find("\nmillrace_cache_hits_total 1\n") != text.npos);
  BOOST_TEST(text.find("\nmillrace_cache_misses_total 1\n") != text.npos);
  BOOST_TEST(text.find("\nmillrace_cache_hit_bytes_total " + std::to_string(size) + "\n") != text.npos);
  BOOST_TEST(counters().bytes_fetched.load() == size);
  BOOST_TEST(counters().total_bytes_served.load() == 2 * size);
}

BOOST_AUTO_TEST_SUITE_END()
