// --cache for HLS segments.

#include "server/hls_support.hpp"
#include "server/stream_cache_support.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_cache_test)

namespace {

settings hls_caching() {
  auto config = hls_test_settings();
  config.cache = {.on = true, .size = 64 * mebi};
  return config;
}

constexpr std::uint64_t size = 700'001;

/// Three segments and a file of which a fourth one is a part.
struct fixture : hls_fixture {
  explicit fixture(const std::string& cache_control) : hls_fixture(hls_caching()) {
    set_text("/v/m.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXTINF:2,\n1.m4s\n#EXTINF:2,\n2\n"
             "#EXTINF:2,\n#EXT-X-BYTERANGE:300000@100001\n3.mp4\n#EXT-X-ENDLIST\n");
    std::uint64_t seed = 0;
    for (const std::string path : {"/v/0.ts", "/v/1.m4s", "/v/2", "/v/3.mp4"}) {
      origin.set(path, {.size = size, .seed = seed++, .headers = {{"Cache-Control", cache_control}}});
    }
    id = post({"/v/m.m3u8"});
    uris = segments(id);
  }

  /// Plays all and answers the bytes that the origin had to send for it.
  std::uint64_t play_all() {
    const auto before = origin.totals().bytes_sent;
    for (std::uint64_t n = 0; n < 3; ++n)
      check_whole(follow(id, uris.at(n)), n, size);
    const auto part = follow(id, uris.at(3), "Range: bytes=100001-400000\r\n");
    BOOST_TEST(part.status == 206);
    BOOST_TEST(has_content(part, 3, 100'001, 300'000));
    BOOST_TEST(origin.wait_until([&] { return origin.totals().active_requests == 0; }));
    return origin.totals().bytes_sent - before;
  }

  std::string id;
  std::vector<std::string> uris;
};

}  // namespace

BOOST_AUTO_TEST_CASE(fresh_segments_are_not_asked_for) {
  fixture on("max-age=3600");
  BOOST_TEST(on.play_all() >= 3 * size + 300'000);
  BOOST_TEST(on.play_all() == 0U);
  BOOST_TEST(on.follow(on.id, on.uris.at(0), {}, "HEAD").status == 200);
  // Counted as any other.
  BOOST_TEST(on.quiet());
  BOOST_TEST(count_of(on.info(on.id), "total_segments_served") == 8U);
  BOOST_TEST(on.server.shared().statistics.cache_hits.load() == 4U);
}

BOOST_AUTO_TEST_CASE(others_are_confirmed) {
  fixture on("no-cache");
  BOOST_TEST(on.play_all() >= 3 * size + 300'000);
  // 16 bytes tell that it is no playlist now.
  BOOST_TEST(on.play_all() == 4 * 16U);
  on.origin.update("/v/1.m4s", [](origin::behaviour& rules) { rules.seed = 77; });
  check_whole(on.follow(on.id, on.uris.at(1)), 77, size);
}

BOOST_AUTO_TEST_CASE(what_must_not_be_kept_is_not) {
  fixture on("no-store");
  on.play_all();
  BOOST_TEST(on.play_all() >= 3 * size + 300'000);
  BOOST_TEST(on.server.shared().statistics.cache_bytes.load() == 0U);
}

BOOST_AUTO_TEST_CASE(a_cached_playlist_is_no_segment) {
  fixture on("max-age=3600");
  const std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nown.ts\n#EXT-X-ENDLIST\n";
  on.origin.set("/v/2", {.text = text,
                         .content_type = "application/octet-stream",
                         .headers = {{"Cache-Control", "max-age=3600"}}});
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(on.play("/v/2").body == text);
  for (int i = 0; i < 2; ++i) {
    const auto response = on.follow(on.id, on.uris.at(2));
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.header("Content-Type").value_or("") == playlist_type);
    BOOST_TEST(response.body.find("\nown.ts\n") == std::string::npos);
  }
}

// The whole is kept; players ask for parts of it.
BOOST_AUTO_TEST_CASE(parts_of_an_upstream_without_ranges_stay_parts) {
  hls_fixture at(hls_caching());
  at.set_text("/m.m3u8",
              "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n#EXT-X-BYTERANGE:300000@100001\n3.mp4\n"
              "#EXT-X-ENDLIST\n");
  origin::behaviour rules{.size = size, .seed = 3, .headers = {{"Cache-Control", "max-age=3600"}}};
  rules.lies = origin::lie{.about = origin::lie::kind::ignore_range};
  at.origin.set("/3.mp4", rules);
  const auto id = at.post({"/m.m3u8"});
  const auto uri = at.segments(id).at(0);
  check_whole(at.follow(id, uri), 3, size);
  for (int i = 0; i < 2; ++i) {
    const auto part = at.follow(id, uri, "Range: bytes=100001-400000\r\n");
    BOOST_TEST(part.status == 206);
    BOOST_TEST(part.header("Content-Range").value_or("") == "bytes 100001-400000/700001");
    BOOST_TEST(has_content(part, 3, 100'001, 300'000));
  }
  const auto asked = at.asked("/3.mp4");
  check_whole(at.follow(id, uri), 3, size);
  BOOST_TEST(at.asked("/3.mp4") == asked);
}

// Two sources without ranges whose segment differs behind the place where the first one breaks off.
BOOST_AUTO_TEST_CASE(a_failover_mixes_nothing_and_leaves_nothing_behind) {
  const half_twins films;
  for (const std::string cache_control : {"no-cache", "max-age=3600"}) {
    BOOST_TEST_CONTEXT(cache_control) {
      auto config = hls_caching();
      config.upstream.retries = 2;
      two_sources at({.count = 1}, {.count = 1}, config);
      auto one = films.serving(films.one, cache_control), other = films.serving(films.other, cache_control);
      one.lies = other.lies = origin::lie{.about = origin::lie::kind::ignore_range};
      films.break_at(one, 133'333);
      at.origin.set("/a/seg0.ts", one);
      at.origin.set("/b/seg0.ts", other);
      const auto uri = at.segments(at.id).at(0);
      const auto seek = [&](std::uint64_t begin) {
        return at.follow(at.id, uri, "Range: bytes=" + std::to_string(begin) + "-\r\n");
      };
      // The end is kept before the beginning.
      for (const auto begin : {300'000U, 0U, 0U, 210'000U, 0U, 150'000U})
        films.check_unmixed(seek(begin), begin);
      films.check_unmixed(at.follow(at.id, uri));
      at.origin.update("/a/seg0.ts", films.heal);
      at.kill("/b/seg0.ts");
      for (int i = 0; i < 3; ++i) {
        const auto whole = at.follow(at.id, uri);
        BOOST_TEST(whole.complete);
        BOOST_TEST((whole.body == films.one), "bytes of the other version");
      }
      const auto part = seek(150'000);
      BOOST_TEST(part.status == 206);
      BOOST_TEST(films.is_part(films.one, part, 150'000), "the bytes differ");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
