#include "hls/media_outline.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using hls::problem_code;

hls::media_outline outline(const hls::playlist& text) {
  return hls::outline_media(text).value();
}

/// What a line that belongs to a segment says.
std::string text_of(const hls::playlist& text, hls::line_index line) {
  return line == hls::no_line ? "-" : std::string(text.line_text(text.lines()[line]));
}

BOOST_AUTO_TEST_SUITE(media_outline)

BOOST_AUTO_TEST_CASE(a_live_window) {
  const auto text = test::parse(
      "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
      "#EXTINF:6.006,Title\na.ts\n"
      "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:5,\nb.ts\n"
      "# comment\n\n#EXT-X-GAP\n#EXTINF:4,\nc.ts\n");
  const auto found = outline(text);
  BOOST_TEST(found.is_live());
  BOOST_TEST(found.media_sequence == 100);
  BOOST_TEST(found.discontinuity_sequence == 3);
  BOOST_TEST(found.media_sequence_line == 2U);
  BOOST_TEST(found.discontinuity_sequence_line == 3U);
  BOOST_TEST(found.target_duration.value().count() == 6);
  BOOST_REQUIRE(found.segments.size() == 3U);
  const auto& [a, b, c] = std::tie(found.segments[0], found.segments[1], found.segments[2]);
  BOOST_TEST(a.number == 100);
  BOOST_TEST(a.discontinuity_number == 3);
  BOOST_TEST(a.duration.count() == 6'006'000);
  BOOST_TEST(text_of(text, a.line) == "a.ts");
  BOOST_TEST(text_of(text, a.first_line) == "#EXTINF:6.006,Title");
  BOOST_TEST(b.number == 101);
  BOOST_TEST(b.discontinuity);
  BOOST_TEST(b.discontinuity_number == 4);
  BOOST_TEST(text_of(text, b.first_line) == "#EXT-X-DISCONTINUITY");
  BOOST_TEST(c.gap);
  BOOST_TEST(!c.discontinuity);
  BOOST_TEST(c.discontinuity_number == 4);
  BOOST_TEST(text_of(text, c.first_line) == "#EXT-X-GAP");
}

struct type_case {
  std::string tags;
  bool live;
  hls::playlist_type type;
};
std::ostream& operator<<(std::ostream& out, const type_case& each) {
  return out << each.tags;
}
const std::vector<type_case> types{
    {"", true, hls::playlist_type::unspecified},
    {"#EXT-X-ENDLIST\n", false, hls::playlist_type::unspecified},
    {"#EXT-X-PLAYLIST-TYPE:EVENT\n", true, hls::playlist_type::event},
    {"#EXT-X-PLAYLIST-TYPE:VOD\n", false, hls::playlist_type::vod},
    {"#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-ENDLIST\n", false, hls::playlist_type::event},
    {"#EXT-X-PLAYLIST-TYPE:OTHER\n", true, hls::playlist_type::unspecified},
};
BOOST_DATA_TEST_CASE(live_or_not, boost::unit_test::data::make(types), each) {
  const auto text = test::parse("#EXTM3U\n" + each.tags);
  BOOST_TEST(outline(text).is_live() == each.live);
  BOOST_TEST((outline(text).type == each.type));
}

BOOST_AUTO_TEST_CASE(sub_ranges_continue) {
  const auto text = test::parse(
      "#EXTM3U\n#EXT-X-BYTERANGE:100@50\nall.ts\n#EXT-X-BYTERANGE:20\nall.ts\n#EXT-X-BYTERANGE:30\nother."
      "ts\nlast.ts\n");
  const auto found = outline(text).segments;
  BOOST_REQUIRE(found.size() == 4U);
  BOOST_TEST(found[0].offset.value() == 50);
  BOOST_TEST(found[1].offset.value() == 150);
  BOOST_TEST(found[1].length.value() == 20);
  BOOST_TEST(found[2].offset.value() == 0);
  BOOST_TEST(!found[3].length.has_value());
}

BOOST_AUTO_TEST_CASE(keys_and_maps_stay_in_force) {
  const auto text = test::parse(
      "#EXTM3U\nplain.ts\n"
      "#EXT-X-MAP:URI=\"i1\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k2\","
      "KEYFORMAT=\"com.x\"\na\nb\n"
      "#EXT-X-KEY:METHOD=AES-128,URI=\"k3\"\nc\n#EXT-X-KEY:METHOD=NONE\n#EXT-X-MAP:URI=\"i2\"\nd\n");
  const auto found = outline(text);
  std::vector<std::string> seen;
  for (const auto& each : found.segments) {
    auto& line = seen.emplace_back(text_of(text, each.line) + " " + text_of(text, each.map));
    for (const auto key : found.key_sets[each.keys])
      line += " " + text_of(text, key);
  }
  const std::string k1 = "#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"";
  const std::string k2 = "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k2\",KEYFORMAT=\"com.x\"";
  const std::string k3 = "#EXT-X-KEY:METHOD=AES-128,URI=\"k3\"";
  const std::vector<std::string> expected{
      "plain.ts -",
      "a #EXT-X-MAP:URI=\"i1\" " + k1 + " " + k2,
      "b #EXT-X-MAP:URI=\"i1\" " + k1 + " " + k2,
      "c #EXT-X-MAP:URI=\"i1\" " + k2 + " " + k3,
      "d #EXT-X-MAP:URI=\"i2\"",
  };
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(delta_updates_skip_numbers) {
  const auto text =
      test::parse("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:10\n#EXT-X-SKIP:SKIPPED-SEGMENTS=5\n#EXTINF:1,\na\n");
  BOOST_TEST(outline(text).segments.at(0).number == 15);
}

BOOST_AUTO_TEST_CASE(a_list_of_channels_has_segments) {
  const auto text = test::parse("#EXTM3U\n#EXTINF:-1 tvg-id=\"a, b\",Channel\nhttp://h/c.m3u8\n");
  BOOST_TEST(outline(text).segments.at(0).duration.count() == -1'000'000);
}

BOOST_AUTO_TEST_CASE(tags_before_the_header_belong_to_no_segment) {
  const auto text = test::parse("#EXTM3U\n#EXT-X-MAP:URI=\"i\"\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:1,\na\n");
  BOOST_TEST(text_of(text, outline(text).segments.at(0).first_line) == "#EXTINF:1,");
}

BOOST_AUTO_TEST_CASE(the_last_header_counts) {
  const auto text = test::parse(
      "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\na\n#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-DISCONTINUITY-SEQUENCE:2\nb\n");
  const auto found = outline(text);
  BOOST_TEST(found.segments.at(0).number == 5);
  BOOST_TEST(found.segments.at(1).number == 6);
  BOOST_TEST(found.segments.at(0).discontinuity_number == 2);
}

struct problem_case {
  std::string tags;
  hls::problem expected;
};
std::ostream& operator<<(std::ostream& out, const problem_case& each) {
  return out << each.tags;
}
std::string many_formats() {
  std::string text;
  for (int i = 0; i < 17; ++i)
    text += "#EXT-X-KEY:METHOD=X,KEYFORMAT=\"" + std::to_string(i) + "\"\n";
  return text;
}
const std::vector<problem_case> problems{
    {"\n#EXT-X-MEDIA-SEQUENCE:x\n", {problem_code::bad_number, 3}},
    {"#EXT-X-MEDIA-SEQUENCE:-1\n", {problem_code::bad_number, 2}},
    {"#EXT-X-MEDIA-SEQUENCE:18446744073709551616\n", {problem_code::bad_number, 2}},
    {"#EXT-X-DISCONTINUITY-SEQUENCE:\n", {problem_code::bad_number, 2}},
    {"#EXT-X-TARGETDURATION:\n", {problem_code::bad_number, 2}},
    {"#EXT-X-BYTERANGE:a@b\n", {problem_code::bad_number, 2}},
    {"#EXT-X-SKIP:X=1\n", {problem_code::bad_number, 2}},
    {"#EXT-X-KEY:METHOD=\"NONE\n", {problem_code::bad_attributes, 2}},
    {many_formats(), {problem_code::too_many_keys, 18}},
};
BOOST_DATA_TEST_CASE(problems_have_lines, boost::unit_test::data::make(problems), each) {
  const auto text = test::parse("#EXTM3U\n" + each.tags);
  const auto found = hls::outline_media(text);
  BOOST_REQUIRE(!found.has_value());
  BOOST_TEST(found.error() == each.expected);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
