#include "server/hls_support.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_live_failover_test)

namespace {

media_text live(std::string names, std::uint64_t first, std::size_t count = 3) {
  return {.names = std::move(names), .first = first, .count = count, .ended = false, .target = 1};
}

std::size_t marks_in(const std::string& text) {
  const auto lines = lines_of(text);
  return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), "#EXT-X-DISCONTINUITY"));
}
std::int64_t number_in(const std::string& text, const std::string& tag = "#EXT-X-MEDIA-SEQUENCE") {
  const auto value = tag_value(text, tag);
  return value.empty() ? 0 : std::stoll(value);
}

struct two_channels : two_sources {
  using two_sources::two_sources;

  /// The first playlist that names this segment; never goes back on the way there.
  std::string until(const std::string& name) {
    std::string text;
    BOOST_TEST(eventually([&] {
                 const auto got = playlist(id);
                 BOOST_TEST(got.status == 200);
                 const auto number = number_in(got.body);
                 BOOST_TEST(number >= last);
                 last = number;
                 text = got.body;
                 const auto uris = uris_of(text);
                 return std::any_of(uris.begin(), uris.end(),
                                    [&](const auto& uri) { return name_in(uri) == name; });
               }),
               "nobody names " << name);
    return text;
  }

  std::int64_t last = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(another_stream_goes_on_with_higher_numbers) {
  two_channels at(live("a", 10), live("b", 500));
  const auto before = at.until("a12.ts");
  BOOST_TEST(number_in(before) == 10);
  BOOST_TEST(marks_in(before) == 0U);
  at.kill("/a/m.m3u8");
  const auto text = at.until("b500.ts");
  BOOST_TEST(number_in(text) == 13);
  BOOST_TEST(marks_in(text) == 1U);
  BOOST_TEST(number_in(text, "#EXT-X-DISCONTINUITY-SEQUENCE") == 0);
  const auto uris = uris_of(text);
  BOOST_TEST(uris.size() == 3U);
  check_whole(at.follow(at.id, uris.at(1)), 200 + 501, 10'000);
  // It stands before the first new segment.
  BOOST_TEST(text.find("#EXT-X-DISCONTINUITY\n") < text.find("b500.ts"));

  at.show("/b/", live("b", 501), 200);
  const auto next = at.until("b503.ts");
  BOOST_TEST(number_in(next) == 14);
  BOOST_TEST(marks_in(next) == 0U);
  BOOST_TEST(number_in(next, "#EXT-X-DISCONTINUITY-SEQUENCE") == 1);

  // And back.
  at.show("/a/", live("a", 20), 100);
  at.kill("/b/m.m3u8");
  const auto back = at.until("a20.ts");
  BOOST_TEST(number_in(back) == 17);
  BOOST_TEST(marks_in(back) == 1U);
  BOOST_TEST(number_in(back, "#EXT-X-DISCONTINUITY-SEQUENCE") == 1);
  at.show("/a/", live("a", 24), 100);
  const auto later = at.until("a24.ts");
  BOOST_TEST(number_in(later) == 21);
  BOOST_TEST(marks_in(later) == 0U);
  BOOST_TEST(number_in(later, "#EXT-X-DISCONTINUITY-SEQUENCE") == 2);
}

BOOST_AUTO_TEST_CASE(the_mark_stays_while_its_segment_does) {
  two_channels at(live("a", 10), live("b", 0, 4));
  at.until("a12.ts");
  at.kill("/a/m.m3u8");
  BOOST_TEST(marks_in(at.until("b0.ts")) == 1U);
  at.change_text("/b/m.m3u8", live("b", 0, 6).text());
  const auto grown = at.until("b5.ts");
  BOOST_TEST(marks_in(grown) == 1U);
  BOOST_TEST(number_in(grown) == 13);
}

BOOST_AUTO_TEST_CASE(the_same_stream_elsewhere_is_not_touched) {
  two_channels at(live("seg", 10), live("seg", 11));
  const auto before = at.until("seg12.ts");
  at.kill("/a/m.m3u8");
  const auto text = at.until("seg13.ts");
  BOOST_TEST(number_in(text) == 11);
  BOOST_TEST(marks_in(text) == 0U);
  BOOST_TEST(tag_value(text, "#EXT-X-DISCONTINUITY-SEQUENCE").empty());
  auto lines = lines_of(text), own = lines_of(live("seg", 11).text());
  for (auto& line : lines)
    if (line.starts_with("seg")) line = name_in(line);
  BOOST_TEST(lines == own, boost::test_tools::per_element());
  // Segments of the old source that the new one has.
  at.origin.remove("/a/seg12.ts");
  check_whole(at.follow(at.id, uris_of(before).at(2)), 200 + 12, 10'000);
}

BOOST_AUTO_TEST_CASE(a_segment_that_only_the_old_source_had) {
  two_channels at(live("a", 10), live("b", 500));
  const auto before = uris_of(at.until("a12.ts"));
  // As long as it has them, they are served, whichever source gives the playlists.
  at.kill("/a/m.m3u8");
  at.until("b500.ts");
  const auto began = std::chrono::steady_clock::now();
  check_whole(at.follow(at.id, before.at(1)), 100 + 11, 10'000);
  at.origin.remove("/a/a12.ts");
  const auto gone = at.follow(at.id, before.at(2));
  BOOST_TEST(gone.status / 100 != 2);
  BOOST_TEST(gone.complete);
  BOOST_TEST(seconds_since(began) < 5);
}

BOOST_AUTO_TEST_CASE(a_playlist_that_stands_still_is_left) {
  two_channels at(live("a", 10), live("b", 500));
  at.until("a12.ts");
  const auto began = std::chrono::steady_clock::now();
  // Its server answers, but adds nothing.
  const auto text = at.until("b500.ts");
  BOOST_TEST(seconds_since(began) >= 2.5);
  BOOST_TEST(number_in(text) == 13);
  BOOST_TEST(marks_in(text) == 1U);
}

BOOST_AUTO_TEST_CASE(where_all_stand_still_nothing_is_told_twice) {
  two_channels at(live("a", 10), live("b", 500));
  at.until("a12.ts");
  const auto text = at.until("b500.ts");
  // For longer than both are waited for.
  const auto began = std::chrono::steady_clock::now();
  while (seconds_since(began) < 7) {
    const auto got = at.playlist(at.id);
    BOOST_REQUIRE_EQUAL(got.body, text);
    std::this_thread::sleep_for(milliseconds(50));
  }
  at.show("/a/", live("a", 11), 100);
  const auto back = at.until("a11.ts");
  BOOST_TEST(number_in(back) == 16);
  BOOST_TEST(marks_in(back) == 1U);
}

BOOST_AUTO_TEST_CASE(a_list_of_channels_may_stand_still) {
  hls_fixture at;
  at.set_text("/a.m3u", "#EXTM3U\n#EXTINF:-1,One\nhttp://a.example/1\n");
  at.set_text("/b.m3u", "#EXTM3U\n#EXTINF:-1,One\nhttp://b.example/1\n");
  const auto id = at.post({"/a.m3u", "/b.m3u"});
  const auto first = at.playlist(id);
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(at.playlist(id).body == first.body);
  BOOST_TEST(at.asked("/b.m3u") == 0U);
}

BOOST_AUTO_TEST_CASE(an_operator_changes_the_source_of_a_live_stream) {
  two_channels at(live("a", 10), live("b", 500));
  at.until("a12.ts");
  BOOST_TEST(at.fail_over(at.id).status == 200);
  const auto got = at.playlist(at.id);
  BOOST_TEST(name_in(uris_of(got.body).at(0)) == "b500.ts");
  BOOST_TEST(number_in(got.body) == 13);
  BOOST_TEST(marks_in(got.body) == 1U);
}

BOOST_AUTO_TEST_CASE(variants_keep_their_numbers_each) {
  hls_fixture at;
  for (const std::string folder : {"/a/", "/b/"}) {
    at.set_text(
        folder + "master.m3u8",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=5\nhigh.m3u8\n");
    const std::uint64_t first = folder == "/a/" ? 10 : 500;
    at.set_media(folder + "low.m3u8", live("low" + folder.substr(1, 1), first));
    at.set_media(folder + "high.m3u8", live("high" + folder.substr(1, 1), first));
  }
  const auto id = at.post({"/a/master.m3u8", "/b/master.m3u8"});
  const auto master = uris_of(at.playlist(id).body);
  const auto low = at.follow(id, master.at(0)), high = at.follow(id, master.at(1));
  BOOST_TEST(number_in(low.body) == 10);
  BOOST_TEST(number_in(high.body) == 10);
  for (const auto* path : {"/a/master.m3u8", "/a/low.m3u8", "/a/high.m3u8"})
    at.origin.set(path, answering(404));
  for (std::size_t i = 0; i < 2; ++i) {
    raw_response got;
    BOOST_TEST(eventually([&] {
      got = at.follow(id, master.at(i));
      return got.status == 200 && uris_of(got.body).at(0).find("500.ts") != std::string::npos;
    }));
    BOOST_TEST(number_in(got.body) == 13);
    BOOST_TEST(marks_in(got.body) == 1U);
  }
  // A player that loads the new master follows the same playlists by other URLs.
  const auto renewed = uris_of(at.playlist(id).body);
  BOOST_TEST(renewed.at(0) != master.at(0));
  const auto again = at.follow(id, renewed.at(0));
  BOOST_TEST(number_in(again.body) == 13);
}

BOOST_AUTO_TEST_CASE(directives_follow_the_numbers) {
  two_channels at(live("a", 10), live("b", 500));
  at.until("a12.ts");
  at.kill("/a/m.m3u8");
  at.until("b500.ts");
  // Players count from what they were told: 16 is the segment after 15, which is b502.
  check_playlist_head(at.playlist(at.id, "_HLS_msn=16&_HLS_part=0"));
  BOOST_TEST(at.last_request().target == "/b/m.m3u8?_HLS_msn=503&_HLS_part=0");
}

BOOST_AUTO_TEST_CASE(a_blocking_reload_fails_over_too) {
  two_channels at(live("a", 10), live("b", 500));
  at.until("a12.ts");
  at.kill("/a/m.m3u8");
  const auto got = at.playlist(at.id, "_HLS_msn=13");
  check_playlist_head(got);
  BOOST_TEST(number_in(got.body) == 13);
}

BOOST_AUTO_TEST_CASE(silence_of_a_live_source_is_short) {
  two_channels at(live("a", 10), live("b", 500));
  at.until("a12.ts");
  at.origin.update("/a/m.m3u8", [](auto& rules) { rules.delay = milliseconds(30'000); });
  const auto began = std::chrono::steady_clock::now();
  at.until("b500.ts");
  BOOST_TEST(seconds_since(began) < 6);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
