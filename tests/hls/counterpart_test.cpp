#include "hls/counterpart.hpp"

#include "hls/hls_support.hpp"
#include "upstream/origin_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::hls;

/// Two sources on one origin: /a and /b.
struct fixture : upstream::origin_fixture {
  url a = at("/a/m.m3u8"), b = at("/b/m.m3u8");
  registry::stream_definition definition{.sources = {a, b}, .user_agent = {}, .headers = {}, .metadata = {}};
  registry_settings config;
  std::shared_ptr<registry::stream> stream = std::make_shared<registry::stream>("1", definition, config);
  presentation of{stream};
  playlist_flights flights;
  url_sealer sealer{sealing_key::derive("of these tests")};
  async::memory_budget room{1024 * 1024};
  playlist_tools tools{with, with, with, sealer, flights, room};
  upstream::request_profile sent = profile();
  lookup looking{tools, of, definition, sent};

  static std::string master(const std::string& variants) { return "#EXTM3U\n" + variants; }
  static std::string media(const std::string& name, int count, bool ended = true) {
    std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
    for (int i = 0; i < count; ++i)
      text += "#EXTINF:2,\n" + name + std::to_string(i) + ".ts\n";
    return text + (ended ? "#EXT-X-ENDLIST\n" : "");
  }
  /// Players were given this: the URLs in it are that source's.
  void show(const url& source, const url& where, const std::string& text) {
    const auto parsed = test::parse(text);
    const auto write = [&](const found_uri& found, rewritten_playlist&) {
      of.remember_owners(std::array{presentation::key_of(found.absolute)}, of.slot(source));
    };
    BOOST_REQUIRE(hls::rewrite({parsed, where, test::no_variables()}, write).has_value());
    const auto seen =
        std::make_shared<const seen_playlist>(seen_playlist{.fetched = {parsed, where, {}}, .imported = {}});
    if (where == source) of.remember_top(source, seen);
    if (!parsed.is_master()) of.remember_media(source, where, seen);
  }
  std::string playlist_on(const url& source, const std::string& wanted) {
    const auto found = run(find_playlist(looking, source, {at(wanted), {}}));
    return found ? found->where.text() : to_string(found.error().code);
  }
  std::string resource_on(const url& source, const std::string& wanted) {
    const auto found = run(find_resource(looking, source, at(wanted)));
    return found ? found->text() : to_string(found.error().code);
  }
  static std::string to_string(const error_code& code) {
    return code == error_code(errc::source_differs) ? "nothing fits" : code.message();
  }
};

BOOST_FIXTURE_TEST_SUITE(counterpart_test, fixture)

BOOST_AUTO_TEST_CASE(what_nobody_knows_stays) {
  BOOST_TEST(playlist_on(b, "/x.m3u8") == server.url("/x.m3u8"));
  BOOST_TEST(resource_on(b, "/x.ts") == server.url("/x.ts"));
  BOOST_TEST(server.totals().requests == 0U);
}

BOOST_AUTO_TEST_CASE(sources_stand_for_each_other) {
  BOOST_TEST(playlist_on(b, "/a/m.m3u8") == b.text());
  BOOST_TEST(playlist_on(a, "/b/m.m3u8") == a.text());
  BOOST_TEST(server.totals().requests == 0U);
}

BOOST_AUTO_TEST_CASE(variants) {
  show(a, a,
       master("#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=9000\nhigh.m3u8\n"));
  server.set("/b/m.m3u8", {.text = master("#EXT-X-STREAM-INF:BANDWIDTH=8000\nx/8.m3u8\n"
                                          "#EXT-X-STREAM-INF:BANDWIDTH=1100\nx/1.m3u8\n")});
  BOOST_TEST(playlist_on(b, "/a/low.m3u8") == server.url("/b/x/1.m3u8"));
  BOOST_TEST(playlist_on(b, "/a/high.m3u8") == server.url("/b/x/8.m3u8"));
  BOOST_TEST(playlist_on(a, "/a/high.m3u8") == server.url("/a/high.m3u8"));
  // Its own playlist is asked for once.
  BOOST_TEST(server.totals().requests == 1U);
}

BOOST_AUTO_TEST_CASE(variables_of_the_other_source) {
  show(a, a, master("#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n"));
  server.set("/b/m.m3u8", {.text = master("#EXT-X-DEFINE:NAME=\"v\",VALUE=\"7\"\n"
                                          "#EXT-X-STREAM-INF:BANDWIDTH=1000\n{$v}.m3u8\n")});
  const auto found = run(find_playlist(looking, b, {at("/a/low.m3u8"), {}}));
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->where.text() == server.url("/b/7.m3u8"));
  BOOST_REQUIRE_EQUAL(found->imported.size(), 1U);
}

BOOST_AUTO_TEST_CASE(a_source_of_one_quality) {
  show(a, a,
       master("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",URI=\"en.m3u8\"\n"
              "#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO=\"g\"\nlow.m3u8\n"));
  server.set("/b/m.m3u8", {.text = media("b", 3)});
  BOOST_TEST(playlist_on(b, "/a/low.m3u8") == b.text());
  BOOST_TEST(playlist_on(b, "/a/en.m3u8") == "nothing fits");
}

BOOST_AUTO_TEST_CASE(the_failure_of_the_other_source) {
  show(a, a, master("#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n"));
  server.set("/b/m.m3u8", {.status = origin::status_reply{.status = 404}});
  const auto found = run(find_playlist(looking, b, {at("/a/low.m3u8"), {}}));
  BOOST_REQUIRE(!found.has_value());
  BOOST_TEST(found.error().status == 404);
}

BOOST_AUTO_TEST_CASE(segments_by_name_and_by_place) {
  show(a, a, media("s", 3));
  server.set("/b/m.m3u8", {.text = media("s", 3)});
  BOOST_TEST(resource_on(b, "/a/s1.ts") == server.url("/b/s1.ts"));
  BOOST_TEST(resource_on(a, "/a/s1.ts") == server.url("/a/s1.ts"));
}

BOOST_AUTO_TEST_CASE(segments_by_their_place) {
  show(a, a, media("s", 4));
  server.set("/b/m.m3u8", {.text = media("other", 3)});
  BOOST_TEST(resource_on(b, "/a/s2.ts") == server.url("/b/other2.ts"));
  BOOST_TEST(resource_on(b, "/a/s3.ts") == "nothing fits");
  BOOST_TEST(server.totals().requests == 1U);
}

BOOST_AUTO_TEST_CASE(live_segments_have_no_place) {
  show(a, a, media("s", 3, false));
  server.set("/b/m.m3u8", {.text = media("other", 3, false)});
  BOOST_TEST(resource_on(b, "/a/s2.ts") == "nothing fits");
}

BOOST_AUTO_TEST_CASE(segments_between_one_quality_and_several) {
  show(a, a, media("s", 3));
  server.set("/b/m.m3u8", {.text = master("#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow/x.m3u8\n")});
  server.set("/b/low/x.m3u8", {.text = media("x", 3)});
  BOOST_TEST(resource_on(b, "/a/s1.ts") == server.url("/b/low/x1.ts"));
}

BOOST_AUTO_TEST_CASE(the_first_variant) {
  const auto parsed =
      test::parse(master("#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i.m3u8\"\n"
                         "#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n"));
  const auto found = first_variant({.fetched = {parsed, a, {}}, .imported = {}});
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->where.text() == server.url("/a/low.m3u8"));
  const auto empty = test::parse("#EXTM3U\n");
  BOOST_TEST(!first_variant({.fetched = {empty, a, {}}, .imported = {}}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
