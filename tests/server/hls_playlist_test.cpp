#include "server/hls_support.hpp"
#include "support/compress.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_playlist_test)

BOOST_AUTO_TEST_CASE(a_multivariant_playlist_leads_to_all_that_it_names) {
  hls_fixture at;
  at.set_text("/a/master.m3u8",
              "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x, y\",URI=\"audio/en.m3u8\"\n"
              "#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"a\"\nlow/index.m3u8?q=1\n# a comment\n"
              "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"../keys/k.bin\"\n");
  at.set_text("/a/low/index.m3u8?q=1",
              "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"init.mp4\"\n"
              "#EXT-X-KEY:METHOD=AES-128,URI=\"/keys/k.bin\",IV=0x01\n#EXTINF:2,\nseg 1.m4s\n#EXTINF:2,\n"
              "//" +
                  at.origin.url("/other/2.m4s").substr(7) + "\n#EXT-X-ENDLIST\n");
  at.set_media("/a/audio/en.m3u8", {.names = "a", .extension = ".aac"});
  at.set_bytes("/keys/k.bin", 16, 1);
  at.set_bytes("/a/low/init.mp4", 800, 2);
  at.set_bytes("/a/low/seg%201.m4s", 50'000, 3);
  at.set_bytes("/other/2.m4s", 40'000, 4);
  const auto id = at.post({"/a/master.m3u8"});

  const auto master = at.playlist(id);
  check_playlist_head(master);
  BOOST_TEST(master.header("Content-Length").value_or("") == std::to_string(master.body.size()));
  const auto lines = lines_of(master.body);
  BOOST_TEST(lines.size() == 6U);
  BOOST_TEST(lines.at(2) == "#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"a\"");
  BOOST_TEST(lines.at(4) == "# a comment");
  const auto variant = uris_of(master.body).at(0);
  const auto audio = attribute_uri(master.body, "#EXT-X-MEDIA");
  BOOST_TEST(name_in(variant) == "index.m3u8");
  BOOST_TEST(name_in(audio) == "en.m3u8");
  BOOST_TEST(variant.find("client_id=" + *master.header("X-Client-ID")) != std::string::npos);
  BOOST_TEST(master.body.find("127.0.0.1") == std::string::npos);

  const auto media = at.follow(id, variant);
  check_playlist_head(media);
  BOOST_TEST(*media.header("X-Client-ID") == *master.header("X-Client-ID"));
  BOOST_TEST(at.asked("/a/low/index.m3u8?q=1") == 1U);
  const auto uris = uris_of(media.body);
  BOOST_TEST(uris.size() == 2U);
  check_whole(at.follow(id, attribute_uri(media.body, "#EXT-X-KEY")), 1, 16);
  check_whole(at.follow(id, attribute_uri(media.body, "#EXT-X-MAP")), 2, 800);
  check_whole(at.follow(id, uris.at(0)), 3, 50'000);
  check_whole(at.follow(id, uris.at(1)), 4, 40'000);
  check_playlist_head(at.follow(id, audio));
  check_whole(at.follow(id, attribute_uri(master.body, "#EXT-X-SESSION-KEY")), 1, 16);
}

BOOST_AUTO_TEST_CASE(a_head_request_has_the_same_fields_and_no_body) {
  hls_fixture at;
  at.set_media("/m.m3u8", {});
  const auto id = at.post({"/m.m3u8"});
  const auto whole = at.playlist(id);
  const auto head = at.server.request("HEAD", at.playlist_path(id));
  check_playlist_head(head);
  BOOST_TEST(head.body.empty());
  BOOST_TEST(head.header("Content-Length").value_or("") == std::to_string(whole.body.size()));
}

BOOST_AUTO_TEST_CASE(a_preflight_is_answered) {
  hls_fixture at;
  const auto id = at.post({"/m.m3u8"});
  const auto answer = at.server.request("OPTIONS", at.playlist_path(id),
                                        "Origin: http://a.example\r\nAccess-Control-Request-Method: GET\r\n"
                                        "Access-Control-Request-Headers: range\r\n");
  BOOST_TEST(answer.status == 204);
  BOOST_TEST(answer.header("Access-Control-Allow-Origin").value_or("") == "*");
  const auto other = at.server.request("POST", at.playlist_path(id), "Content-Length: 0\r\n");
  BOOST_TEST(other.status == 405);
  BOOST_TEST(!other.header("Allow").value_or("").empty());
}

BOOST_AUTO_TEST_CASE(each_client_finds_its_own_id_in_the_urls) {
  hls_fixture at;
  at.set_media("/m.m3u8", {});
  const auto id = at.post({"/m.m3u8"});
  const auto named = at.playlist(id, "client_id=tv.room-1");
  BOOST_TEST(named.header("X-Client-ID").value_or("") == "tv.room-1");
  for (const auto& uri : uris_of(named.body))
    BOOST_TEST(uri.find("?client_id=tv.room-1&") != std::string::npos);
  const auto first = at.playlist(id), second = at.playlist(id);
  BOOST_TEST(first.body == second.body);
  BOOST_TEST(*first.header("X-Client-ID") != "tv.room-1");
  BOOST_TEST(count_of(at.json("/streams/" + id), "client_count") == 2U);
  check_problem(at.playlist(id, "client_id=bad%20name"), 400, "bad-request");
  // What people add to the address they were given does no harm.
  check_playlist_head(at.playlist(id, "player=tv"));
}

BOOST_AUTO_TEST_CASE(references_resolve_where_a_redirect_has_led) {
  hls_fixture at;
  at.set_media("/edge/7/m.m3u8", {});
  at.set_segments("/edge/7/", {}, 20);
  origin::behaviour moved;
  moved.redirect = origin::redirection{.location = "/edge/7/m.m3u8"};
  at.origin.set("/go/m.m3u8", moved);
  const auto id = at.post({"/go/m.m3u8"});
  const auto uris = at.segments(id);
  BOOST_REQUIRE_EQUAL(uris.size(), 3U);
  for (std::size_t i = 0; i < uris.size(); ++i)
    check_whole(at.follow(id, uris[i]), 20 + i, 10'000);
}

BOOST_AUTO_TEST_CASE(byte_order_mark_line_ends_and_blank_lines_stay) {
  hls_fixture at;
  at.set_text("/m.m3u8",
              "\xEF\xBB\xBF#EXTM3U\r\n\r\n#EXT-X-TARGETDURATION:2\r\n#EXT-X-FOO:bar\r\n#EXTINF:2,\r\nx.ts");
  const auto id = at.post({"/m.m3u8"});
  const auto got = at.playlist(id);
  check_playlist_head(got);
  BOOST_TEST(
      got.body.starts_with("\xEF\xBB\xBF#EXTM3U\r\n\r\n#EXT-X-TARGETDURATION:2\r\n#EXT-X-FOO:bar\r\n#EXTINF:"
                           "2,\r\nx.ts?client_id="));
  BOOST_TEST(!got.body.ends_with("\n"));
}

BOOST_AUTO_TEST_CASE(a_compressed_playlist_is_read) {
  hls_fixture at;
  const auto text = media_text{}.text();
  origin::behaviour rules;
  rules.text = compress(text, as_gzip);
  rules.content_type = std::string(playlist_type);
  rules.headers = {{"Content-Encoding", "gzip"}};
  at.origin.set("/m.m3u8", rules);
  const auto id = at.post({"/m.m3u8"});
  const auto got = at.playlist(id);
  check_playlist_head(got);
  BOOST_TEST(!got.header("Content-Encoding"));
  BOOST_TEST(uris_of(got.body).size() == 3U);
  BOOST_TEST(at.origin.requests("/m.m3u8").back().header("Accept-Encoding").value_or("").find("gzip") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_playlist_is_refused) {
  hls_fixture at;
  at.set_text("/html.m3u8", "<html>login</html>", "text/html");
  at.set_text("/empty.m3u8", "");
  at.set_text("/undefined.m3u8",
              "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{$who}/x.ts\n#EXT-X-ENDLIST\n");
  at.origin.set("/ts.m3u8", broadcasting(lively()));
  at.set_bytes("/file.m3u8", 30 * mebi, 4);
  for (const auto* path : {"/html.m3u8", "/empty.m3u8", "/undefined.m3u8", "/ts.m3u8", "/file.m3u8"}) {
    BOOST_TEST_CONTEXT(path) {
      const auto id = at.post({path});
      const auto answer = at.playlist(id);
      check_problem(answer, 502, "not-a-playlist");
      BOOST_TEST(answer.header("Access-Control-Allow-Origin").value_or("") == "*");
      BOOST_TEST(count_of(at.info(id), "error_count") == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_upstream_refusal_keeps_its_status) {
  hls_fixture at;
  for (const int status : {401, 403, 404, 410, 500}) {
    BOOST_TEST_CONTEXT(status) {
      const auto path = "/" + std::to_string(status) + ".m3u8";
      origin::behaviour rules;
      rules.status =
          origin::status_reply{.status = status, .headers = {{"WWW-Authenticate", "Basic realm=x"}}};
      at.origin.set(path, rules);
      const auto answer = at.playlist(at.post({path}));
      check_problem(answer, status == 500 ? 502 : status, "upstream");
      BOOST_TEST(answer.header("WWW-Authenticate").has_value() == (status == 401));
    }
  }
}

BOOST_AUTO_TEST_CASE(variables_are_put_in) {
  hls_fixture at;
  at.set_text("/v/master.m3u8",
              "#EXTM3U\n#EXT-X-DEFINE:NAME=\"where\",VALUE=\"/elsewhere\"\n#EXT-X-DEFINE:QUERYPARAM=\"who\"\n"
              "#EXT-X-STREAM-INF:BANDWIDTH=1\n{$where}/{$who}.m3u8\n");
  at.set_text("/elsewhere/me.m3u8",
              "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"where\"\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{$where}/x.ts\n"
              "#EXT-X-ENDLIST\n");
  at.set_bytes("/elsewhere/x.ts", 5'000, 9);
  const auto id = at.post({"/v/master.m3u8?who=me"});
  const auto master = at.playlist(id);
  check_playlist_head(master);
  const auto media = at.follow(id, uris_of(master.body).at(0));
  check_playlist_head(media);
  check_whole(at.follow(id, uris_of(media.body).at(0)), 9, 5'000);
}

BOOST_AUTO_TEST_CASE(delivery_directives_are_passed_on) {
  hls_fixture at;
  at.set_media("/m.m3u8", {.ended = false});
  const auto id = at.post({"/m.m3u8?key=1"});
  check_playlist_head(at.playlist(id, "_HLS_msn=7&_HLS_part=1&client_id=x&_HLS_skip=YES"));
  BOOST_TEST(at.last_request().target == "/m.m3u8?key=1&_HLS_msn=7&_HLS_part=1&_HLS_skip=YES");

  at.set_text("/top.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nm.m3u8\n");
  const auto other = at.post({"/top.m3u8"});
  const auto variant = uris_of(at.playlist(other).body).at(0);
  check_playlist_head(at.follow(other, variant + "&_HLS_msn=3"));
  BOOST_TEST(at.last_request().target == "/m.m3u8?_HLS_msn=3");
}

BOOST_AUTO_TEST_CASE(a_blocking_reload_may_take_longer_than_a_live_stall) {
  hls_fixture at;
  at.set_media("/m.m3u8", {.ended = false});
  const auto id = at.post({"/m.m3u8"});
  check_playlist_head(at.playlist(id));
  at.origin.update("/m.m3u8", [](auto& rules) { rules.delay = milliseconds(1'500); });
  check_playlist_head(at.playlist(id, "_HLS_msn=3"));
  BOOST_TEST(at.asked("/m.m3u8") == 2U);
  // Another one is a fault.
  check_problem(at.playlist(id, "_HLS_skip=YES"), 504, "timeout");
}

BOOST_AUTO_TEST_CASE(what_was_asked_for_as_a_segment_may_be_a_playlist) {
  hls_fixture at;
  // A bare line without EXT-X-STREAM-INF, as channel lists have it.
  at.set_text("/list.m3u", "#EXTM3U\n#EXTINF:-1,One\n/one/index.m3u8\n#EXTINF:-1,Two\n/two\n");
  at.set_media("/one/index.m3u8", {.names = "a"});
  at.set_segments("/one/", {.names = "a"}, 30);
  at.set_text("/two", media_text{.names = "b"}.text(), "application/octet-stream");
  at.set_segments("/", {.names = "b"}, 40);
  const auto id = at.post({"/list.m3u"});
  const auto uris = at.segments(id);
  BOOST_REQUIRE_EQUAL(uris.size(), 2U);
  for (std::size_t i = 0; i < uris.size(); ++i) {
    BOOST_TEST_CONTEXT(uris[i]) {
      const auto got = at.follow(id, uris[i]);
      check_playlist_head(got);
      BOOST_REQUIRE_EQUAL(uris_of(got.body).size(), 3U);
      check_whole(at.follow(id, uris_of(got.body).at(1)), (i == 0 ? 31 : 41), 10'000);
      for (const auto* range : {"0-", "0-0", "0-3", "0-9", "20-30", "-5"}) {
        BOOST_TEST_CONTEXT(range) {
          const auto part = at.follow(id, uris[i], "Range: bytes=" + std::string(range) + "\r\n");
          check_playlist_head(part);
          BOOST_TEST(part.body == got.body);
        }
      }
      const auto head = at.follow(id, uris[i], {}, "HEAD");
      check_playlist_head(head);
      BOOST_TEST(head.header("Content-Length").value_or("") == std::to_string(got.body.size()));
    }
  }
}

BOOST_AUTO_TEST_CASE(such_a_playlist_may_come_in_any_framing) {
  hls_fixture at;
  at.set_text("/list.m3u", "#EXTM3U\n#EXTINF:-1,One\n/one\n");
  const auto id = at.post({"/list.m3u"});
  for (const auto framing : {origin::framing::chunked, origin::framing::until_close}) {
    origin::behaviour rules;
    rules.text = media_text{}.text();
    rules.content_type = "text/plain";
    rules.body_framing = framing;
    at.origin.set("/one", rules);
    const auto got = at.follow(id, at.segments(id).at(0));
    check_playlist_head(got);
    BOOST_TEST(uris_of(got.body).size() == 3U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
