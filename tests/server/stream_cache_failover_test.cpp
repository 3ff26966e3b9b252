// --cache and failover: whatever is kept of one source, a response never mixes two versions, and what a cut
// one left behind spoils no later one.

#include "server/stream_cache_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(stream_cache_failover_test)

namespace {

settings hasty_caching() {
  auto config = caching();
  config.upstream.retries = 2;
  config.transfer.no_range = no_range_policy::passthrough;
  config.registry.source_rest = std::chrono::milliseconds(20);
  config.registry.source_rest_limit = std::chrono::milliseconds(100);
  return config;
}

/// /a.ts with the mirror /b.ts, equal in their first half alone; /a.ts breaks off at 133,333.
struct fixture : cache_fixture {
  fixture(const std::string& cache_control, bool ranged, const settings& config = hasty_caching())
      : cache_fixture(config) {
    auto one = films.serving(films.one, cache_control), other = films.serving(films.other, cache_control);
    if (!ranged) one.lies = other.lies = origin::lie{.about = origin::lie::kind::ignore_range};
    films.break_at(one, 133'333);
    origin.set("/a.ts", one);
    origin.set("/b.ts", other);
  }

  half_twins films;

  /// From now on /a.ts has no mirror, and whoever plays it gets what is kept of it.
  void forget_mirror() const {
    const auto posted = server.post("/streams", "{\"url\": \"" + origin.url("/a.ts") + "\"}");
    BOOST_TEST(posted.status == 200);
  }
  std::string mirror() const { return "mirror=" + encoded(origin.url("/b.ts")) + "&"; }
  raw_response from(std::uint64_t begin) const {
    return play("/a.ts", "Range: bytes=" + std::to_string(begin) + "-\r\n", mirror());
  }
  /// The validator that each of the two has.
  std::string tag_of(const std::string& path) const {
    raw_client direct(origin.port());
    direct.get(path, "Connection: close\r\n", "HEAD");
    return direct.receive(true).header("ETag").value_or("-");
  }
};

/// What both sources say.
struct row {
  const char* cache_control;
  bool ranged;
};

constexpr row rows[]{
    {"no-cache", true}, {"max-age=3600", true}, {"no-cache", false}, {"max-age=3600", false}};

}  // namespace

// The end is kept of the first source; the middle has to come from the second one.
BOOST_AUTO_TEST_CASE(a_response_is_of_one_version) {
  for (const auto& [cache_control, ranged] : rows) {
    BOOST_TEST_CONTEXT(cache_control << (ranged ? "" : ", no ranges")) {
      fixture on(cache_control, ranged);
      const auto seek = [&](std::uint64_t begin) { on.films.check_unmixed(on.from(begin), begin); };
      seek(202'000);
      for (int i = 0; i < 2; ++i)
        on.films.check_unmixed(on.play("/a.ts", {}, on.mirror()));
      for (const auto begin : {210'000U, 0U, 150'000U, 133'333U})
        seek(begin);
    }
  }
}

// Without a cache, too: chunks of the first source that were fetched ahead do not follow bytes of the second
// one.
BOOST_AUTO_TEST_CASE(what_was_fetched_ahead_is_of_one_version, *boost::unit_test::timeout(120)) {
  auto config = hasty_caching();
  config.cache.on = false;
  config.transfer.chunk_size = 64 * 1024;
  for (int i = 0; i < 10; ++i) {
    fixture on("no-cache", true, config);
    on.films.check_unmixed(on.play("/a.ts", {}, on.mirror()));
  }
}

BOOST_AUTO_TEST_CASE(a_failover_spoils_nothing) {
  for (const auto& [cache_control, ranged] : rows) {
    for (const bool end_kept : {false, true}) {
      BOOST_TEST_CONTEXT(cache_control << (ranged ? "" : ", no ranges") << (end_kept ? ", end kept" : "")) {
        fixture on(cache_control, ranged);
        if (end_kept) on.films.check_unmixed(on.from(202'000), 202'000);
        on.films.check_unmixed(on.play("/a.ts", {}, on.mirror()));
        on.origin.update("/a.ts", half_twins::heal);
        on.forget_mirror();
        for (int i = 0; i < 2; ++i) {
          const auto whole = on.play("/a.ts");
          BOOST_TEST(whole.status == 200);
          BOOST_TEST(whole.complete);
          BOOST_TEST(whole.header("ETag").value_or("") == on.tag_of("/a.ts"));
          BOOST_TEST((whole.body == on.films.one), "bytes of the other version");
          const auto part = on.play("/a.ts", "Range: bytes=150000-\r\n");
          BOOST_TEST(half_twins::is_part(on.films.one, part, part.status == 206 ? 150'000 : 0),
                     "the bytes differ");
        }
        BOOST_TEST((on.play("/b.ts").body == on.films.other), "bytes of the first version");
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
