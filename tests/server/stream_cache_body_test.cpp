// --cache for bodies of upstreams that do not answer ranges, and for /stream/{id}.

#include "server/control_support.hpp"
#include "server/stream_cache_support.hpp"

using namespace millrace;
using namespace millrace::test;
using origin::framing;
using origin::lie;

BOOST_AUTO_TEST_SUITE(stream_cache_body_test)

namespace {

constexpr std::uint64_t size = 3 * mebi + 17;
constexpr std::uint64_t seed = 23;

settings passing(std::uint64_t cache = 64 * mebi) {
  auto config = caching(cache);
  config.transfer.no_range = no_range_policy::passthrough;
  return config;
}

struct body_fixture : cache_fixture {
  explicit body_fixture(const settings& config = passing()) : cache_fixture(config) {}
};

origin::behaviour without_ranges(bool fresh) {
  auto rules = fresh ? lasting(size, seed) : origin::behaviour{.size = size, .seed = seed};
  rules.lies = {{.about = lie::kind::ignore_range}};
  return rules;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_fresh_body_is_not_asked_for, body_fixture) {
  origin.set("/a.mkv", without_ranges(true));
  const auto first = play("/a.mkv");
  check_whole(first, seed, size);
  const auto asked = origin.totals().requests;
  for (const std::string range : {"", "Range: bytes=5-9\r\n"}) {
    const auto second = play("/a.mkv", range);
    check_whole(second, seed, size);
    BOOST_TEST(second.header("Accept-Ranges").value_or("") == "none");
    BOOST_TEST(second.header("Content-Type").value_or("") == first.header("Content-Type").value_or("-"));
  }
  BOOST_TEST(play("/a.mkv", {}, {}, "HEAD").header("Content-Length").value_or("") == std::to_string(size));
  BOOST_TEST(origin.totals().requests == asked);
  BOOST_TEST(eventually([&] { return hits() == 2U; }));
}

BOOST_FIXTURE_TEST_CASE(a_confirmed_body_comes_from_the_cache, body_fixture) {
  origin.set("/a.mkv", without_ranges(false));
  check_whole(play("/a.mkv"), seed, size);
  BOOST_TEST(upstream_requests([&] { check_whole(play("/a.mkv"), seed, size); }) == 1U);
  BOOST_TEST(eventually([&] { return counters().cache_hit_bytes.load() == size; }));
  BOOST_TEST(eventually([&] { return hits() == 1U; }));
  origin.set("/a.mkv", {.size = size, .seed = seed + 1, .lies = {{.about = lie::kind::ignore_range}}});
  check_whole(play("/a.mkv"), seed + 1, size);
  BOOST_TEST(eventually([&] { return counters().cache_hit_bytes.load() == size; }));
}

BOOST_FIXTURE_TEST_CASE(bodies_without_a_length_are_not_kept, body_fixture) {
  for (const auto how : {framing::chunked, framing::until_close}) {
    auto rules = without_ranges(true);
    rules.body_framing = how;
    origin.set("/a.mkv", rules);
    for (int i = 0; i < 2; ++i) {
      const auto response = play("/a.mkv");
      BOOST_TEST(has_content(response, seed, 0, size));
    }
    BOOST_TEST(counters().cache_bytes.load() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(rejected_bodies_stay_rejected) {
  cache_fixture on;
  on.origin.set("/a.mkv", without_ranges(true));
  for (int i = 0; i < 2; ++i)
    check_problem(on.play("/a.mkv"), 403, "no-range");
}

// The upstream has to send all of it again, since it cannot begin in the middle.
BOOST_AUTO_TEST_CASE(an_eviction_in_mid_play) {
  body_fixture on(passing(8 * mebi));
  constexpr std::uint64_t large = 7 * mebi;
  auto rules = without_ranges(true);
  rules.size = large;
  on.origin.set("/a.mkv", rules);
  on.origin.set("/b.mkv", {.size = 8 * mebi, .seed = 1});
  check_whole(on.play("/a.mkv"), seed, large);
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  auto got = client.receive(false, 100'000);
  BOOST_TEST(got.status == 200);
  check_whole(on.play("/b.mkv"), 1, 8 * mebi);
  got.body += client.read(large - got.body.size());
  BOOST_TEST(has_content(got, seed, 0, large));
  BOOST_TEST(on.origin.of("/a.mkv").requests == 2U);
}

BOOST_FIXTURE_TEST_CASE(posted_streams, cache_fixture) {
  origin.set("/file.mkv", lasting(size, seed));
  origin.set("/nameless", lasting(size, seed));
  origin.set("/body.ts", without_ranges(true));
  for (const std::string path : {"/file.mkv", "/nameless", "/body.ts"}) {
    BOOST_TEST_CONTEXT(path) {
      const auto posted = server.post("/streams", "{\"url\": \"" + origin.url(path) + "\"}");
      const auto endpoint = "/stream/" + text(control_body(posted), "stream_id");
      check_whole(server.request("GET", endpoint), seed, size);
      BOOST_TEST(upstream_requests([&] { check_whole(server.request("GET", endpoint), seed, size); }) == 0U);
    }
  }
  // The same URL by ?url= is the same file, also under a stream that has not been played yet.
  BOOST_TEST(upstream_requests([&] { check_whole(play("/file.mkv"), seed, size); }) == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_undecided_stream_is_still_looked_at, cache_fixture) {
  const std::string playlist = "#EXTM3U\n#EXT-X-VERSION:3\n" + std::string(1000, '#') + "\n";
  origin.set("/list", {.text = playlist, .content_type = "application/octet-stream"});
  BOOST_TEST(play("/list").body == playlist);
  BOOST_TEST(play("/list").body == playlist);
  const auto posted =
      server.post("/streams", "{\"url\": \"" + origin.url("/list") + "\", \"headers\": {\"User-Agent\": \"" +
                                  server.shared().config.upstream.user_agent + "\"}}");
  const auto response = server.request("GET", "/stream/" + text(control_body(posted), "stream_id"));
  BOOST_TEST(response.status != 206);
}

BOOST_AUTO_TEST_SUITE_END()
