#include "hls/track.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using namespace std::chrono_literals;

std::string window(const std::string& name, int first, int count = 3, bool ended = false) {
  std::string text =
      "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) + "\n";
  for (int i = first; i < first + count; ++i)
    text += "#EXTINF:6,\n" + name + std::to_string(i) + ".ts\n";
  return text + (ended ? "#EXT-X-ENDLIST\n" : "");
}

struct fixture {
  async::memory_budget room{1024 * 1024};  // outlives what is kept in it
  hls::track shown;
  hls::track::clock::time_point now{};  // no real clock

  hls::served_ptr take(const std::string& text, std::size_t source = 0, bool whole = true,
                       const std::string& location = "http://h/p.m3u8") {
    const hls::fetched_playlist fetched{test::parse(text), test::parse_url(location), {}};
    const auto served =
        shown.take(fetched, test::no_variables(), source, whole, {test::write_same, false}, room, now);
    return served ? *served : nullptr;
  }
  bool still(const std::string& text, std::size_t source = 0) {
    const hls::fetched_playlist fetched{test::parse(text), test::parse_url("http://h/p.m3u8"), {}};
    return shown.stands_still(fetched, source, now).has_value();
  }
  bool is_fresh(std::size_t source = 0) { return shown.fresh(source, false, now) != nullptr; }
  std::string directives(const std::string& query, std::size_t source = 0) const {
    return shown.directives_for(*hls::split_media_query(query), source);
  }
};

BOOST_FIXTURE_TEST_SUITE(track_test, fixture)

BOOST_AUTO_TEST_CASE(nothing_is_fresh_at_first) {
  BOOST_TEST(!is_fresh());
  BOOST_TEST(!shown.is_media());
  BOOST_TEST(!still(window("a", 1)));
}

BOOST_AUTO_TEST_CASE(urls_with_other_marks_are_another_text) {
  const hls::fetched_playlist fetched{test::parse(window("a", 1)), test::parse_url("http://h/p.m3u8"), {}};
  const auto with = [&](bool posted) {
    return shown.take(fetched, test::no_variables(), 0, true, {test::write_same, posted}, room, now).value();
  };
  const auto before = with(false);
  BOOST_TEST((shown.fresh(0, false, now) == before));
  BOOST_TEST((shown.fresh(0, true, now) == nullptr));
  const auto after = with(true);
  BOOST_TEST((after != before));
  BOOST_TEST((with(true) == after));
  BOOST_TEST((shown.fresh(0, true, now) == after));
  BOOST_TEST((shown.fresh(0, false, now) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_live_playlist_is_fresh_until_its_next_change_is_due) {
  const auto first = take(window("a", 1));
  BOOST_TEST(first->live);
  BOOST_TEST((first->target == 6s));
  now += 5'999ms;
  BOOST_TEST(is_fresh());
  BOOST_TEST(!is_fresh(1));
  now += 1ms;
  BOOST_TEST(!is_fresh());
  // It has not changed: half of that from now on.
  BOOST_TEST((take(window("a", 1)) == first));
  now += 2'999ms;
  BOOST_TEST(is_fresh());
  now += 1ms;
  BOOST_TEST(!is_fresh());
  BOOST_TEST((take(window("a", 1)) == first));
  now += 3s;
  // And a whole one after each change.
  BOOST_TEST((take(window("a", 2)) != first));
  now += 5'999ms;
  BOOST_TEST(is_fresh());
}

BOOST_AUTO_TEST_CASE(recordings_and_multivariant_playlists_are_not_kept) {
  const auto recording = take(window("a", 1, 3, true));
  BOOST_TEST(!recording->live);
  BOOST_TEST(!is_fresh());
  BOOST_TEST(shown.is_media());

  hls::track other;
  const hls::fetched_playlist fetched{test::parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n"),
                                      test::parse_url("http://h/m.m3u8"),
                                      {}};
  const auto master =
      other.take(fetched, test::no_variables(), 0, true, {test::write_same, false}, room, now);
  BOOST_REQUIRE(master.has_value());
  BOOST_TEST((*master)->master);
  BOOST_TEST(!(*master)->live);
  BOOST_TEST(!other.is_media());
  BOOST_TEST((other.fresh(0, false, now) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_live_stream_that_ends_changes_no_more) {
  take(window("a", 1));
  const auto last = take(window("a", 1, 3, true));
  BOOST_TEST(!last->live);
  BOOST_TEST((shown.fresh(0, false, now) == last));
}

BOOST_AUTO_TEST_CASE(a_live_playlist_that_stands_still) {
  now += 1s;
  const auto a = window("a", 1), b = window("b", 1);
  BOOST_TEST(!still(a, 0));
  take(a, 0);
  BOOST_TEST(shown.follows(0));
  now += 17s;
  BOOST_TEST(!still(a, 0));
  now += 1s;
  BOOST_TEST(still(a, 0));
  BOOST_TEST(!still(b, 1));
  take(b, 1);
  BOOST_TEST(shown.follows(1));
  BOOST_TEST(!shown.follows(0));
  now += 18s;
  BOOST_TEST(still(b, 1));
  // That another was taken meanwhile does not make it a new one.
  BOOST_TEST(still(a, 0));
  BOOST_TEST(!still(window("a", 2), 0));
}

BOOST_AUTO_TEST_CASE(what_has_no_target_duration_may_stand_still) {
  now += 1s;
  const std::string channels = "#EXTM3U\n#EXTINF:-1,One\nhttp://h/1\n";
  BOOST_TEST(take(channels)->live);
  now += 1h;
  BOOST_TEST(!still(channels));
  take(window("a", 1, 3, true));
  now += 1h;
  BOOST_TEST(!still(window("a", 1, 3, true)));
}

BOOST_AUTO_TEST_CASE(another_location_is_another_text) {
  const auto first = take(window("a", 1));
  BOOST_TEST((take(window("a", 1), 0, true, "http://edge/p.m3u8") != first));
}

BOOST_AUTO_TEST_CASE(a_delta_update_is_not_what_others_get) {
  const auto first = take(window("a", 1));
  const auto update = take(
      "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:1\n"
      "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:6,\na4.ts\n",
      0, false);
  BOOST_TEST((update != nullptr));
  BOOST_TEST((shown.fresh(0, false, now) == first));
}

BOOST_AUTO_TEST_CASE(another_stream_goes_on_behind_the_last_segment_told) {
  take(window("a", 10));
  const auto text = take(window("b", 500), 1)->body.text;
  BOOST_TEST(text ==
             "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:13\n#EXT-X-DISCONTINUITY\n#EXTINF:6,"
             "\nb500.ts\n"
             "#EXTINF:6,\nb501.ts\n#EXTINF:6,\nb502.ts\n");
  BOOST_TEST(is_fresh(1));
  BOOST_TEST(!is_fresh(0));
  // What cannot be read changes nothing.
  BOOST_TEST(
      (take("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:x\n#EXTINF:6,\nc.ts\n") == nullptr));
  BOOST_TEST(take(window("b", 501), 1)->body.text.find("MEDIA-SEQUENCE:14\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(directives_are_in_the_numbers_of_the_source) {
  BOOST_TEST(directives("_HLS_msn=7&_HLS_part=1") == "_HLS_msn=7&_HLS_part=1");
  take(window("a", 10));
  BOOST_TEST(directives("_HLS_msn=13&_HLS_part=1&_HLS_skip=YES") == "_HLS_msn=13&_HLS_part=1&_HLS_skip=YES");
  BOOST_TEST(directives("client_id=x") == "");
  // Nobody knows what the other source has.
  BOOST_TEST(directives("_HLS_msn=13&_HLS_part=1&_HLS_skip=YES&_HLS_push=1", 1) == "_HLS_push=1");
  take(window("b", 500), 1);
  BOOST_TEST(directives("_HLS_msn=16&_HLS_part=0", 1) == "_HLS_msn=503&_HLS_part=0");
  BOOST_TEST(directives("_HLS_msn=16", 0) == "");
  // What had been told before the change lies behind its window: it answers at once.
  BOOST_TEST(directives("_HLS_msn=12", 1) == "_HLS_msn=499");
  BOOST_TEST(directives("_HLS_msn=x", 1) == "");
}

BOOST_AUTO_TEST_CASE(what_is_kept_has_its_share_of_the_room) {
  take(window("a", 1));
  const auto one = room.used();
  BOOST_TEST(one > window("a", 1).size());
  take(window("a", 2));
  BOOST_TEST(room.used() == one);
  shown.forget_idle(now + 59s);
  BOOST_TEST(is_fresh());
  shown.forget_idle(now + 61s);
  BOOST_TEST(!is_fresh());
  BOOST_TEST(room.used() == 0U);
  // The numbers stay: another stream goes on behind the last segment.
  const auto other = take(window("b", 1), 1);
  BOOST_REQUIRE(other);
  BOOST_TEST(other->body.text.find("#EXT-X-MEDIA-SEQUENCE:5\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_room_nothing_is_kept) {
  async::memory_budget none(10);
  const hls::fetched_playlist fetched{test::parse(window("a", 1)), test::parse_url("http://h/p.m3u8"), {}};
  const auto served =
      shown.take(fetched, test::no_variables(), 0, true, {test::write_same, false}, none, now);
  BOOST_TEST(served.has_value());
  BOOST_TEST(!is_fresh());
  BOOST_TEST(shown.is_media());
  BOOST_TEST(none.used() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
