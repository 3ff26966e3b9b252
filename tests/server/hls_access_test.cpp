#include "server/hls_support.hpp"
#include "upstream/address_policy.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_access_test)

namespace {

/// An address of this machine that is private but not loopback, or nothing.
std::string own_private_address() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return {};
  std::string found;
  for (const auto* each = all; each != nullptr && found.empty(); each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const auto* socket = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
    const boost::asio::ip::address_v4 address(ntohl(socket->sin_addr.s_addr));
    if (upstream::classify(address) == upstream::address_class::private_network) found = address.to_string();
  }
  freeifaddrs(all);
  return found;
}

bool readable(const raw_response& response) {
  return response.header("Access-Control-Allow-Origin").value_or("") == "*";
}

}  // namespace

// Else any page could read the home network.
BOOST_AUTO_TEST_CASE(pages_may_not_read_what_a_bare_url_opened_at_home) {
  const auto address = own_private_address();
  if (address.empty()) return;  // this machine has none
  hls_fixture at;
  millrace::origin::server home({.addresses = {address}, .query_behaviour = false});
  millrace::origin::behaviour list;
  list.text = media_text{}.text();
  list.content_type = std::string(playlist_type);
  home.set("/m.m3u8", list);
  home.set("/seg0.ts", {.size = 5'000, .seed = 5});
  const auto url = home.url("/m.m3u8", address);
  const auto opened = at.server.request("GET", "/stream?url=" + url);
  BOOST_TEST(!readable(opened));
  const auto id = opened.header("X-Stream-ID").value_or("");
  BOOST_REQUIRE(!id.empty());
  for (const bool posted : {false, true}) {
    BOOST_TEST_CONTEXT((posted ? "posted" : "not posted")) {
      if (posted) BOOST_TEST(at.post_urls({url}) == id);
      const auto list_of = at.playlist(id);
      BOOST_TEST(list_of.status == 200);
      BOOST_TEST(readable(list_of) == posted);
      const auto uris = uris_of(list_of.body);
      BOOST_REQUIRE_EQUAL(uris.size(), 3U);
      const auto segment = at.follow(id, uris.at(0));
      check_whole(segment, 5, 5'000);
      BOOST_TEST(readable(segment) == posted);
      BOOST_TEST(readable(at.follow(id, uris.at(0), {}, "HEAD")) == posted);
      BOOST_TEST(readable(at.follow(id, uris.at(0), "Range: bytes=0-9\r\n")) == posted);
      BOOST_TEST(readable(at.follow(id, uris.at(0), "Range: bytes=9000-\r\n")) == posted);
      // Failures would tell what is there.
      const auto missing = at.follow(id, uris.at(1));
      BOOST_TEST(missing.status == 404);
      BOOST_TEST(readable(missing) == posted);
    }
  }
  home.stop();
  BOOST_TEST(readable(at.playlist(id)));
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
