#include "server/hls_support.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_counters_test)

namespace {

struct counted : hls_fixture {
  explicit counted(settings config = hls_test_settings()) : hls_fixture(std::move(config)) {
    set_text("/top.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n");
    set_text("/low.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-KEY:METHOD=AES-128,"
             "URI=\"k.key\"\n#EXTINF:2,\nseg0.ts\n#EXTINF:2,\nseg1.ts\n#EXT-X-ENDLIST\n");
    set_bytes("/init.mp4", 900, 1);
    set_bytes("/k.key", 16, 2);
    set_bytes("/seg0.ts", 700'000, 3);
    set_bytes("/seg1.ts", 30'000, 4);
    id = post({"/top.m3u8"});
  }
  std::string id;
};

}  // namespace

BOOST_AUTO_TEST_CASE(bytes_are_exact_and_segments_are_media_segments) {
  counted at;
  std::uint64_t bytes = 0;
  const auto add = [&](const raw_response& got) {
    BOOST_TEST(got.status / 100 == 2);
    bytes += got.body.size();
    return got.body;
  };
  const auto top = add(at.playlist(at.id, "client_id=tv"));
  const auto media = add(at.follow(at.id, uris_of(top).at(0)));
  add(at.follow(at.id, attribute_uri(media, "#EXT-X-MAP")));
  add(at.follow(at.id, attribute_uri(media, "#EXT-X-KEY")));
  BOOST_TEST(count_of(at.info(at.id), "total_segments_served") == 0U);
  add(at.follow(at.id, uris_of(media).at(0)));
  add(at.follow(at.id, uris_of(media).at(1)));
  add(at.follow(at.id, uris_of(media).at(1), "Range: bytes=0-99\r\n"));
  add(at.follow(at.id, uris_of(media).at(1), {}, "HEAD"));
  BOOST_TEST(eventually([&] { return at.served() == bytes; }));
  const auto info = at.info(at.id);
  BOOST_TEST(count_of(info, "total_bytes_served") == bytes);
  BOOST_TEST(count_of(info, "total_segments_served") == 3U);
  const auto client = at.json("/clients/tv");
  BOOST_TEST(count_of(client, "bytes_served") == bytes);
  BOOST_TEST(count_of(client, "segments_served") == 3U);
  BOOST_TEST(text_of(client, "stream_id") == at.id);
  BOOST_TEST(count_of(at.totals(), "total_segments_served") == 3U);
  // Variants are no streams of their own.
  BOOST_TEST(count_of(at.totals(), "total_streams") == 1U);
  BOOST_TEST(text_of(info, "stream_type") == "hls");
  BOOST_TEST(count_of(info, "client_count") == 1U);
}

BOOST_AUTO_TEST_CASE(a_segment_that_was_not_taken_to_its_end_does_not_count) {
  counted at;
  const auto media = at.follow(at.id, uris_of(at.playlist(at.id).body).at(0)).body;
  at.origin.set("/seg0.ts", {.size = 700'000, .seed = 3, .rate = 300'000});
  {
    viewer watching(at.server.port(), at.followed(at.id, uris_of(media).at(0)));
    BOOST_TEST(watching.read_to(10'000));
    watching.reset();
  }
  BOOST_TEST(eventually([&] { return at.server.shared().clients.open() <= 1; }));
  BOOST_TEST(count_of(at.info(at.id), "total_segments_served") == 0U);
}

BOOST_AUTO_TEST_CASE(a_player_is_active_between_its_segments) {
  auto config = hls_test_settings();
  config.registry.between_segments = milliseconds(1'500);
  counted at(config);
  BOOST_TEST(!at.info(at.id).at("is_active").as_bool());
  check_playlist_head(at.playlist(at.id));
  BOOST_TEST(at.info(at.id).at("is_active").as_bool());
  const auto busy = at.totals();
  BOOST_TEST(count_of(busy, "active_streams") == 1U);
  BOOST_TEST(count_of(busy, "active_clients") == 1U);
  BOOST_TEST(count_of(at.json("/health"), "active_streams") == 1U);
  BOOST_TEST(count_of(at.json("/health"), "active_clients") == 1U);
  BOOST_TEST(eventually([&] { return !at.info(at.id).at("is_active").as_bool(); }));
  BOOST_TEST(eventually([&] { return count_of(at.totals(), "active_clients") == 0; }));
  BOOST_TEST(count_of(at.totals(), "active_streams") == 0U);
}

BOOST_AUTO_TEST_CASE(given_headers_go_to_playlists_and_segments) {
  hls_fixture at, elsewhere;
  elsewhere.set_bytes("/far.ts", 5'000, 7);
  at.set_text("/m.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nnear.ts\n#EXTINF:2,\n" +
                             elsewhere.origin.url("/far.ts") + "\n#EXT-X-ENDLIST\n");
  at.set_bytes("/near.ts", 5'000, 6);
  const auto id = at.post_urls(
      {at.origin.url("/m.m3u8")},
      {{"user_agent", "Box/1"},
       {"headers", {{"Authorization", "Bearer x"}, {"Cookie", "c=1"}, {"Referer", "http://r.example/"}}}});
  const auto uris = at.segments(id);
  const std::string own = "Authorization: Basic mine\r\nCookie: mine=1\r\nReferer: http://own.example/\r\n";
  check_whole(at.follow(id, uris.at(0), own), 6, 5'000);
  check_whole(at.follow(id, uris.at(1), own), 7, 5'000);
  for (const auto* path : {"/m.m3u8", "/near.ts"}) {
    const auto seen = at.origin.requests(path).back();
    BOOST_TEST(seen.header("User-Agent").value_or("") == "Box/1");
    BOOST_TEST(seen.header("Referer").value_or("") == "http://r.example/");
    BOOST_TEST(seen.header("Authorization").value_or("") == "Bearer x");
    BOOST_TEST(seen.header("Cookie").value_or("") == "c=1");
  }
  const auto far = elsewhere.origin.requests("/far.ts").back();
  BOOST_TEST(far.header("User-Agent").value_or("") == "Box/1");
  BOOST_TEST(far.header("Referer").value_or("") == "http://r.example/");
  BOOST_TEST(!far.header("Authorization"));
  BOOST_TEST(!far.header("Cookie"));
}

BOOST_AUTO_TEST_CASE(what_needs_credentials_is_asked_again_with_them) {
  hls_fixture at;
  at.set_media("/m.m3u8", {});
  origin::behaviour rules{.size = 5'000, .seed = 6};
  rules.authorization = "Bearer x";
  at.origin.set("/seg0.ts", rules);
  const auto id = at.post_urls({at.origin.url("/m.m3u8")}, {{"headers", {{"Authorization", "Bearer x"}}}});
  const auto uri = at.segments(id).at(0);
  check_whole(at.follow(id, uri), 6, 5'000);
  // A range that lies outside but does not count.
  check_whole(at.follow(id, uri, "Range: bytes=9000-\r\nIf-Range: \"other\"\r\n"), 6, 5'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
