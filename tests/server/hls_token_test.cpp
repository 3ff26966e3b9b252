#include "server/hls_support.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_token_test)

namespace {

struct one_segment : hls_fixture {
  explicit one_segment(settings config = hls_test_settings()) : hls_fixture(std::move(config)) {
    set_text("/top.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n");
    set_media("/low.m3u8", {});
    set_segments("/", {}, 5);
    id = post({"/top.m3u8"});
    variant = uris_of(playlist(id).body).at(0);
    segment = uris_of(follow(id, variant).body).at(0);
  }
  std::string id, variant, segment;
};

}  // namespace

BOOST_AUTO_TEST_CASE(only_urls_that_were_written_are_served) {
  one_segment at;
  check_whole(at.follow(at.id, at.segment), 5, 10'000);
  const auto before = at.origin.totals().requests;
  const auto token = at.segment.substr(at.segment.find("&t=") + 3);
  auto altered = at.segment;
  altered.back() = altered.back() == 'A' ? 'B' : 'A';
  auto middle = at.segment;
  auto& letter = middle.at(middle.size() - token.size() / 2);
  letter = letter == 'A' ? 'B' : 'A';
  const std::string wrong[] = {altered,
                               middle,
                               at.segment.substr(0, at.segment.size() - 1),
                               at.segment.substr(0, at.segment.size() - token.size()),
                               at.segment + "A",
                               "other.ts" + at.segment.substr(at.segment.find('?')),
                               at.segment + "&x=1",
                               at.segment + "&client_id=a",
                               at.segment + "&t=" + token,
                               "seg0.ts",
                               "seg0.ts?client_id=a",
                               "seg0.ts?t=",
                               "seg0.ts?t=%41" + token.substr(1),
                               "playlist.m3u8?t=" + token,
                               "low.m3u8?client_id=x&t=" + token};
  for (const auto& uri : wrong) {
    BOOST_TEST_CONTEXT(uri) {
      const auto answer = at.follow(at.id, uri);
      check_problem(answer, 403, "forbidden");
      BOOST_TEST(answer.header("Access-Control-Allow-Origin").value_or("") == "*");
    }
  }
  BOOST_TEST(at.origin.totals().requests == before);
}

BOOST_AUTO_TEST_CASE(a_token_holds_for_its_stream_alone) {
  one_segment at;
  const auto other = at.post({"/low.m3u8"});
  check_problem(at.follow(other, at.segment), 403, "forbidden");
  check_problem(at.follow(std::string(32, 'a'), at.segment), 403, "forbidden");
}

BOOST_AUTO_TEST_CASE(directives_and_another_client_may_be_added) {
  one_segment at;
  check_whole(at.follow(at.id, at.segment + "&_HLS_x=1"), 5, 10'000);
  const auto token = at.segment.substr(at.segment.find("&t=") + 1);
  check_whole(at.follow(at.id, "seg0.ts?" + token), 5, 10'000);
  const auto named = at.follow(at.id, "seg0.ts?client_id=another&" + token);
  check_whole(named, 5, 10'000);
  BOOST_TEST(named.header("X-Client-ID").value_or("") == "another");
}

BOOST_AUTO_TEST_CASE(the_urls_are_the_same_at_each_load_and_show_nothing) {
  hls_fixture at;
  at.set_media("/live.m3u8", {.ended = false});
  const auto source =
      "http://user:password@127.0.0.1:" + at.origin.url("/").substr(17) + "live.m3u8?secret=1";
  const auto id = at.post_urls({source});
  const auto first = at.playlist(id).body;
  at.change_text("/live.m3u8", media_text{.first = 1, .ended = false}.text());
  BOOST_TEST(eventually([&] { return at.playlist(id).body != first; }));
  const auto before = uris_of(first), after = uris_of(at.playlist(id).body);
  BOOST_TEST(before.at(1) == after.at(0));
  for (const auto* word : {"password", "secret", "127.0.0.1", "user"})
    BOOST_TEST(first.find(word) == std::string::npos);
  for (const auto& request : at.origin.requests("/live.m3u8"))
    BOOST_TEST(request.header("Authorization").value_or("") == "Basic dXNlcjpwYXNzd29yZA==");
}

BOOST_AUTO_TEST_CASE(urls_outlive_a_restart_with_the_same_secret) {
  one_segment at;
  hls_fixture other;  // another origin is not needed: it is the server that counts
  const auto media = other.follow(at.id, at.variant);
  check_playlist_head(media);
  check_whole(other.follow(at.id, at.segment), 5, 10'000);
  const auto known = other.info(at.id);
  BOOST_TEST(text_of(known, "stream_type") == "hls");
  check_whole(other.follow(at.id, uris_of(media.body).at(1)), 6, 10'000);
  BOOST_TEST(uris_of(media.body).at(0) == at.segment);
}

BOOST_AUTO_TEST_CASE(the_first_request_after_a_restart_may_be_for_a_segment) {
  one_segment at;
  hls_fixture other;
  check_whole(other.follow(at.id, at.segment), 5, 10'000);
  check_playlist_head(other.follow(at.id, at.variant));
  // Posted again, it is the same stream.
  const auto again = other.server.post("/streams", "{\"url\":\"" + at.origin.url("/top.m3u8") + "\"}");
  BOOST_TEST(std::string(boost::json::parse(again.body).at("stream_id").as_string()) == at.id);
  const auto top = other.playlist(at.id);
  check_playlist_head(top);
  BOOST_TEST(uris_of(top.body).size() == 1U);
  BOOST_TEST(name_in(uris_of(top.body).at(0)) == "low.m3u8");
}

BOOST_AUTO_TEST_CASE(a_stream_that_a_segment_brought_back_has_no_playlist_before_a_variant_comes) {
  one_segment at;
  const std::pair<const char*, const char*> ways[] = {
      {"GET", ""}, {"GET", "Range: bytes=500-599\r\n"}, {"HEAD", ""}};
  for (const auto& [method, lines] : ways) {
    BOOST_TEST_CONTEXT(method << " " << lines) {
      hls_fixture other;
      BOOST_TEST(other.follow(at.id, at.segment, lines, method).status / 100 == 2);
      for (int i = 0; i < 2; ++i)
        check_problem(other.playlist(at.id), 404, "not-found");
      const auto media = other.follow(at.id, at.variant);
      check_playlist_head(media);
      BOOST_TEST(uris_of(media.body).at(0) == at.segment);
      const auto own = other.playlist(at.id);
      check_playlist_head(own);
      check_whole(other.follow(at.id, uris_of(own.body).at(1)), 6, 10'000);
      check_whole(other.follow(at.id, at.segment), 5, 10'000);
    }
  }
}

// A live one slides out while the server is away.
BOOST_AUTO_TEST_CASE(the_segment_that_brings_it_back_may_be_gone) {
  one_segment at;
  hls_fixture other;
  at.origin.remove("/seg0.ts");
  check_problem(other.follow(at.id, at.segment), 404, "upstream");
  const auto media = other.follow(at.id, at.variant);
  check_playlist_head(media);
  check_whole(other.follow(at.id, uris_of(media.body).at(1)), 6, 10'000);
  check_playlist_head(other.follow(at.id, at.variant));
}

BOOST_AUTO_TEST_CASE(another_secret_opens_nothing) {
  one_segment at;
  auto config = hls_test_settings();
  config.hls.secret = "another";
  hls_fixture other(config);
  check_problem(other.follow(at.id, at.segment), 403, "forbidden");
  check_problem(other.follow(at.id, at.variant), 403, "forbidden");
  config.hls.secret.clear();
  hls_fixture random(config), also_random(config);
  const auto id = random.post_urls({at.origin.url("/low.m3u8")});
  const auto uri = random.segments(id).at(0);
  check_whole(random.follow(id, uri), 5, 10'000);
  check_problem(also_random.follow(id, uri), 403, "forbidden");
}

BOOST_AUTO_TEST_CASE(an_unknown_stream_has_no_playlist) {
  hls_fixture at;
  check_problem(at.playlist(std::string(32, 'b')), 404, "not-found");
}

BOOST_AUTO_TEST_CASE(a_deleted_stream_is_gone_with_all_its_urls) {
  one_segment at;
  BOOST_TEST(at.server.request("DELETE", "/streams/" + at.id).status == 200);
  check_problem(at.playlist(at.id), 404, "not-found");
  check_problem(at.follow(at.id, at.variant), 404, "not-found");
  check_problem(at.follow(at.id, at.segment), 404, "not-found");
  BOOST_TEST(at.post({"/top.m3u8"}) == at.id);
  check_playlist_head(at.playlist(at.id));
  check_whole(at.follow(at.id, at.segment), 5, 10'000);
}

BOOST_AUTO_TEST_CASE(a_deleted_client_is_refused_others_are_not) {
  one_segment at;
  const auto mine = uris_of(at.playlist(at.id, "client_id=me").body).at(0);
  const auto path = "/hls/" + at.id + "/clients/me";
  const auto answer = at.server.request("DELETE", path);
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(text_of(boost::json::parse(answer.body).as_object(), "message") == "Client me disconnected");
  check_problem(at.follow(at.id, mine), 403, "forbidden");
  check_problem(at.playlist(at.id, "client_id=me"), 403, "forbidden");
  check_playlist_head(at.follow(at.id, at.variant));
  check_problem(at.server.request("DELETE", path), 404, "not-found");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
