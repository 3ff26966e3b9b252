// Posted streams, live and HLS never lead to an address that is not allowed, nor to millrace itself.

#include "server/address_policy_support.hpp"
#include "server/machine.hpp"

#include <algorithm>
#include <memory>

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(address_policy_streams_test)

namespace {

constexpr auto seed = policed_seed;
using fixture = policed_fixture;

inline bool has_ipv6() {
  const auto all = server::interface_addresses();
  return std::any_of(all.begin(), all.end(), [](const auto& each) { return each.address.is_v6(); });
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(posting_a_stream, fixture) {
  const auto post_body = [&](const std::string& url, const std::string& other) {
    return server.post("/streams", R"({"url":")" + url + R"(","failover_urls":[")" + other + R"("]})");
  };
  const auto good = at("good.test", "/a.mkv");
  for (const std::string host : {"bad.test", "127.0.0.2", "2130706434", "[::ffff:127.0.0.2]",
                                 "[64:ff9b::7f00:2]", "169.254.169.254", "0"}) {
    BOOST_TEST_CONTEXT(host) {
      check_forbidden(post_body(at(host, "/a.mkv"), good));
      check_forbidden(post_body(good, at(host, "/a.mkv")));
    }
  }
  BOOST_TEST(post_body(good, at("mixed.test", "/a.mkv")).status == 200);
  check_untouched();
  BOOST_TEST(origin.totals().connections == 0U);
}

BOOST_FIXTURE_TEST_CASE(posted_streams_of_a_name_that_turns, fixture) {
  int count = 0;
  for (const std::string path : {"/a.mkv", "/a.ts", "/a", "/a.m3u8"}) {
    BOOST_TEST_CONTEXT(path) {
      const auto name = "late" + std::to_string(++count) + ".test";
      const auto id = post_urls({at(name, path)});
      appear(name);
      check_forbidden(server.request("GET", path.ends_with("m3u8") ? playlist_path(id) : path_of(id)));
    }
  }
  check_untouched();
  BOOST_TEST(origin.totals().connections == 0U);
}

BOOST_FIXTURE_TEST_CASE(failover_by_hand, fixture) {
  set_file("/a.mkv");
  origin.set("/a.ts", broadcasting(lively()));
  victim.set("/a.ts", broadcasting(lively()));
  set_media("/a.m3u8", {});
  int count = 0;
  for (const std::string path : {"/a.mkv", "/a.ts", "/a.m3u8"}) {
    for (const bool playing : {false, true}) {
      BOOST_TEST_CONTEXT(path << (playing ? " while it plays" : "")) {
        const auto name = "late" + std::to_string(++count) + ".test";
        const auto id = post_urls({at("good.test", path), at(name, path)});
        appear(name);
        std::unique_ptr<viewer> client;
        if (playing && path.ends_with(".m3u8")) BOOST_TEST(playlist(id).status == 200);
        if (playing && !path.ends_with(".m3u8")) {
          client = watch(id);
          BOOST_TEST(client->read_to(10'000));
        }
        check_problem(fail_over(id), 502, "upstream");
      }
    }
  }
  check_untouched();
}

BOOST_FIXTURE_TEST_CASE(live_streams_that_connect_again, fixture) {
  origin.set("/a.ts", broadcasting(lively()));
  victim.set("/a.ts", broadcasting(lively()));
  const auto id = post_urls({at("turn.test", "/a.ts")});
  const auto client = watch(id);
  BOOST_TEST(client->status() == 200);
  BOOST_TEST(client->read_to(100'000));
  const auto asked = names.questions();
  turn_at_once();
  client->drain();
  const bool ended = client->ended() != ending::timed_out;
  BOOST_TEST(ended);
  BOOST_TEST(names.questions() > asked);
  check_untouched();
}

BOOST_FIXTURE_TEST_CASE(live_streams_that_go_on_elsewhere, fixture) {
  for (const std::string path : {"/a.ts", "/b.ts"})
    origin.set(path, broadcasting(lively()));
  victim.set("/a.ts", broadcasting(lively()));
  const auto id = post_urls({at("good.test", "/a.ts"), at("late.test", "/a.ts"), at("good.test", "/b.ts")});
  appear("late.test");
  const auto client = watch(id);
  BOOST_TEST(client->read_to(100'000));
  origin.set("/a.ts", {.status = {{.status = 404}}});
  origin.drop_connections();
  BOOST_TEST(client->read_to(client->received() + 1'000'000));
  BOOST_TEST(origin.of("/b.ts").requests > 0U);
  check_untouched();
}

BOOST_FIXTURE_TEST_CASE(what_a_playlist_names, fixture) {
  const auto bad = at("bad.test", "");
  set_text("/m.m3u8", "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"" +
                          bad + "/k.bin\"\n#EXT-X-MAP:URI=\"" + bad + "/i.mp4\"\n#EXTINF:2,\n" + bad +
                          "/s0.ts\n#EXTINF:2,\nhttp://2130706434:" + std::to_string(origin.port()) +
                          "/s1.ts\n#EXTINF:2,\nhttp://[::ffff:7f00:2]:" + std::to_string(origin.port()) +
                          "/s2.ts\n#EXTINF:2,\nmoved.ts\n#EXTINF:2,\ngood.ts\n#EXT-X-ENDLIST\n");
  redirect("/moved.ts", bad + "/s0.ts");
  set_bytes("/good.ts", 10'000, seed);
  const auto id = post({"/m.m3u8"});
  const auto text = playlist(id);
  check_playlist_head(text);
  auto uris = uris_of(text.body);
  BOOST_REQUIRE_EQUAL(uris.size(), 5U);
  BOOST_TEST(follow(id, uris.back()).status == 200);
  uris.pop_back();
  uris.push_back(attribute_uri(text.body, "#EXT-X-KEY"));
  uris.push_back(attribute_uri(text.body, "#EXT-X-MAP"));
  for (const auto& each : uris) {
    BOOST_TEST_CONTEXT(each) {
      check_forbidden(follow(id, each));
      BOOST_TEST(follow(id, each, {}, "HEAD").status == 403);
      check_forbidden(follow(id, each, "Range: bytes=0-99\r\n"));
    }
  }
  check_untouched();
}

BOOST_FIXTURE_TEST_CASE(what_a_master_playlist_names, fixture) {
  const auto bad = at("bad.test", "");
  set_text("/m.m3u8", "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",URI=\"" + bad +
                          "/audio.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO=\"a\"\n" + bad +
                          "/v.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2000,AUDIO=\"a\"\nmoved.m3u8\n");
  redirect("/moved.m3u8", bad + "/v.m3u8");
  victim.set("/v.m3u8", {.text = media_text{}.text()});
  const auto id = post({"/m.m3u8"});
  const auto text = playlist(id);
  check_playlist_head(text);
  auto uris = uris_of(text.body);
  uris.push_back(attribute_uri(text.body, "#EXT-X-MEDIA"));
  BOOST_REQUIRE_EQUAL(uris.size(), 3U);
  for (const auto& each : uris)
    check_forbidden(follow(id, each));
  check_untouched();
}

BOOST_FIXTURE_TEST_CASE(playlists_elsewhere, fixture) {
  victim.set("/m.m3u8", {.text = media_text{}.text()});
  redirect("/moved.m3u8", at("bad.test", "/m.m3u8"));
  check_forbidden(playlist(post({"/moved.m3u8"})));
  set_media("/m.m3u8", {.ended = false});
  const auto id = post_urls({at("turn.test", "/m.m3u8")});
  check_playlist_head(playlist(id));
  turn_at_once();
  BOOST_TEST(eventually([&] { return playlist(id).status >= 400; }));
  check_untouched();
}

// By any of its addresses, by name, and behind a redirect.
BOOST_AUTO_TEST_CASE(its_own_listener) {
  for (const std::string listening : {"127.0.0.1", "0.0.0.0", "::"}) {
    if (listening == "::" && !has_ipv6()) continue;
    BOOST_TEST_CONTEXT("listening on " << listening) {
      fixture on([&](settings& config) {
        config.listen.host = listening;
        config.upstream.allow = {"loopback", "private", "public"};
      });
      const auto port = ":" + std::to_string(on.server.port());
      on.names.set("me.test", {"127.0.0.1"});
      std::vector<std::string> hosts{"127.0.0.1",  "127.1",   "2130706433", "[::ffff:127.0.0.1]",
                                     "127.0.0.1.", "me.test", "0.0.0.0",    "[64:ff9b::127.0.0.1]"};
      if (listening != "127.0.0.1") {
        for (const std::string more : {"127.0.0.77", "[::1]", "localhost", "[::ffff:127.9.9.9]"})
          hosts.push_back(more);
        for (const auto& each : server::interface_addresses()) {
          if (each.address.is_v4()) hosts.push_back(each.address.to_string());
        }
      }
      for (const auto& host : hosts) {
        BOOST_TEST_CONTEXT(host) {
          const auto own = "http://" + host + port + "/health";
          check_forbidden(on.play_url(own));
          on.redirect("/play", own);
          check_forbidden(on.play_url(on.at("127.0.0.1", "/play")));
          check_forbidden(on.server.post("/streams", R"({"url":")" + own + R"("})"));
          on.set_text("/m.m3u8",
                      "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + own + "\n#EXT-X-ENDLIST\n");
          const auto id = on.post({"/m.m3u8"});
          const auto uris = on.segments(id);
          BOOST_REQUIRE_EQUAL(uris.size(), 1U);
          check_forbidden(on.follow(id, uris.front()));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
