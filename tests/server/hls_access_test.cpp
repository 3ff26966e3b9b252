#include "server/hls_support.hpp"
#include "server/web_access_support.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_access_test)

namespace {

bool has_private_address(boost::unit_test::test_unit_id) {
  return !own_private_address().empty();
}

/// An upstream on a private address: /top.m3u8, its variant /m.m3u8 and the first of its segments.
struct home_network {
  home_network() {
    set_text("/top.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nm.m3u8\n");
    set_text("/m.m3u8", media_text{}.text());
    source.set("/seg0.ts", {.size = 5'000, .seed = 5});
  }
  void set_text(const std::string& path, std::string text) {
    origin::behaviour rules;
    rules.text = std::move(text);
    rules.content_type = std::string(playlist_type);
    source.set(path, std::move(rules));
  }
  std::string url(std::string_view path) const { return source.url(path, address); }

  std::string address = own_private_address();
  origin::server source{{.addresses = {address}, .query_behaviour = false}};
};

/// The URLs that a player of /top.m3u8 follows.
struct followed_urls {
  followed_urls(const hls_fixture& at, const std::string& id) : variant(at.segments(id).at(0)) {
    const auto all = uris_of(at.follow(id, variant).body);
    segment = all.at(0);
    missing = all.at(1);
  }
  std::string variant, segment, missing;
};

/// Everything of this stream may be read by pages, or nothing.
void check_readable(const hls_fixture& at, const std::string& id, const followed_urls& urls, bool wanted) {
  const auto list = at.follow(id, urls.variant);
  BOOST_TEST(list.status == 200);
  BOOST_TEST(readable(list) == wanted);
  // What it leads to has the same mark.
  BOOST_TEST(uris_of(list.body).at(0) == urls.segment);
  const auto segment = at.follow(id, urls.segment);
  check_whole(segment, 5, 5'000);
  BOOST_TEST(readable(segment) == wanted);
  BOOST_TEST(readable(at.follow(id, urls.segment, {}, "HEAD")) == wanted);
  BOOST_TEST(readable(at.follow(id, urls.segment, "Range: bytes=0-9\r\n")) == wanted);
  BOOST_TEST(readable(at.follow(id, urls.segment, "Range: bytes=9000-\r\n")) == wanted);
  // Failures would tell what is there.
  const auto missing = at.follow(id, urls.missing);
  BOOST_TEST(missing.status == 404);
  BOOST_TEST(readable(missing) == wanted);
}

}  // namespace

// Else any page could read the home network.
BOOST_AUTO_TEST_CASE(pages_may_not_read_what_a_bare_url_opened_at_home,
                     *boost::unit_test::precondition(has_private_address)) {
  hls_fixture at;
  home_network home;
  const auto url = home.url("/top.m3u8");
  const auto opened = at.server.request("GET", "/stream?url=" + url);
  BOOST_TEST(!readable(opened));
  const auto id = opened.header("X-Stream-ID").value_or("");
  BOOST_REQUIRE(!id.empty());
  for (const bool posted : {false, true}) {
    BOOST_TEST_CONTEXT((posted ? "posted" : "not posted")) {
      if (posted) BOOST_TEST(at.post_urls({url}) == id);
      BOOST_TEST(readable(at.playlist(id)) == posted);
      check_readable(at, id, followed_urls(at, id), posted);
    }
  }
  home.source.stop();
  BOOST_TEST(readable(at.playlist(id)));
}

// Nobody has posted it to this server: the URLs themselves tell.
BOOST_AUTO_TEST_CASE(after_a_restart_the_urls_tell_what_pages_may_read,
                     *boost::unit_test::precondition(has_private_address)) {
  home_network home;
  const auto url = home.url("/top.m3u8");
  hls_fixture before;
  const auto id = before.server.request("GET", "/stream?url=" + url).header("X-Stream-ID").value_or("");
  const followed_urls bare(before, id);
  BOOST_TEST(before.post_urls({url}) == id);
  const followed_urls posted(before, id);
  BOOST_TEST(bare.segment != posted.segment);
  for (const bool posted_first : {false, true}) {
    for (const bool segment_first : {false, true}) {
      BOOST_TEST_CONTEXT(posted_first << " " << segment_first) {
        hls_fixture later;
        const auto& first = posted_first ? posted : bare;
        const auto brought_back = later.follow(id, segment_first ? first.segment : first.variant);
        BOOST_TEST(brought_back.status == 200);
        BOOST_TEST(readable(brought_back) == posted_first);
        for (const bool wanted : {posted_first, !posted_first, posted_first})
          check_readable(later, id, wanted ? posted : bare, wanted);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_playlist_opens_no_forbidden_address) {
  hls_fixture at;
  at.set_text("/m.m3u8",
              "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://169.254.169.254/latest/meta-data\n"
              "#EXTINF:2,\nhttp://127.0.0.1:" +
                  std::to_string(at.server.port()) + "/streams\n#EXT-X-ENDLIST\n");
  const auto id = at.post({"/m.m3u8"});
  for (const auto& uri : at.segments(id))
    check_problem(at.follow(id, uri), 403, "upstream-forbidden");
  origin::behaviour moved;
  moved.redirect = origin::redirection{.location = "http://169.254.169.254/m.m3u8"};
  at.origin.set("/moved.m3u8", moved);
  check_problem(at.playlist(at.post({"/moved.m3u8"})), 403, "upstream-forbidden");
}

BOOST_AUTO_TEST_CASE(errors_tell_viewers_nothing_of_the_provider) {
  hls_fixture at;
  at.set_media("/secret-path/m.m3u8", {});
  const auto id = at.post({"/secret-path/m.m3u8?password=1"});
  const auto uris = at.segments(id);
  const auto missing = at.follow(id, uris.at(0));
  check_problem(missing, 404, "upstream");
  at.origin.remove("/secret-path/m.m3u8");
  const auto gone = at.playlist(id);
  check_problem(gone, 404, "upstream");
  for (const auto* each : {&missing, &gone}) {
    for (const auto* word : {"secret-path", "password", "127.0.0.1"})
      BOOST_TEST(each->body.find(word) == std::string::npos, each->body);
  }
}

BOOST_AUTO_TEST_CASE(redirects) {
  hls_fixture at;
  origin::behaviour loop;
  loop.redirect = origin::redirection{.to = origin::redirection::kind::loop};
  at.origin.set("/loop.m3u8", loop);
  check_problem(at.playlist(at.post({"/loop.m3u8"})), 502, "redirect");

  // A segment behind tickets that expire.
  at.set_media("/m.m3u8", {});
  origin::behaviour ticket{.size = 5'000, .seed = 5};
  ticket.redirect = origin::redirection{.to = origin::redirection::kind::expiring, .uses = 1};
  at.origin.set("/seg0.ts", ticket);
  const auto id = at.post({"/m.m3u8"});
  const auto uri = at.segments(id).at(0);
  for (int i = 0; i < 3; ++i)
    check_whole(at.follow(id, uri), 5, 5'000);
  // And so is the playlist itself.
  origin::behaviour list;
  list.text = media_text{}.text();
  list.content_type = std::string(playlist_type);
  list.redirect = origin::redirection{.to = origin::redirection::kind::expiring, .uses = 1};
  at.origin.set("/t.m3u8", list);
  const auto other = at.post({"/t.m3u8"});
  for (int i = 0; i < 3; ++i)
    check_playlist_head(at.playlist(other));
}

BOOST_AUTO_TEST_CASE(a_url_that_tells_nothing_turns_out_to_be_a_playlist) {
  hls_fixture at;
  at.set_media("/channel", {});
  at.set_segments("/", {}, 5);
  const auto id = at.post({"/channel"});
  check_whole(at.follow(id, at.segments(id).at(0)), 5, 10'000);
  BOOST_TEST(text_of(at.info(id), "stream_type") == "hls");
}

BOOST_AUTO_TEST_CASE(conditions_and_ranges_do_not_count_for_playlists) {
  hls_fixture at;
  at.set_media("/m.m3u8", {});
  const auto id = at.post({"/m.m3u8"});
  const auto whole = at.playlist(id);
  for (const std::string lines : {"Range: bytes=0-\r\n", "Range: bytes=5-9\r\n", "If-None-Match: *\r\n",
                                  "If-Modified-Since: Sun, 01 Jan 2034 00:00:00 GMT\r\n"}) {
    const auto got = at.server.request("GET", at.playlist_path(id), lines);
    check_playlist_head(got);
    BOOST_TEST(got.body == whole.body);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
