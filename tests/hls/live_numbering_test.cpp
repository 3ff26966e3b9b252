#include "hls/live_numbering.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;

/// A live window: segments NAMEn.ts from `first` on; a '!' after a number in `marks` puts a discontinuity
/// there.
std::string window(std::string_view name, int first, int count, int discontinuity_sequence = 0,
                   std::vector<int> marks = {}) {
  std::string text =
      "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) + "\n";
  if (discontinuity_sequence != 0)
    text += "#EXT-X-DISCONTINUITY-SEQUENCE:" + std::to_string(discontinuity_sequence) + "\n";
  for (int i = first; i < first + count; ++i) {
    if (std::find(marks.begin(), marks.end(), i) != marks.end()) text += "#EXT-X-DISCONTINUITY\n";
    text += "#EXTINF:6,\n" + std::string(name) + std::to_string(i) + ".ts\n";
  }
  return text;
}

struct fixture {
  hls::live_state state;
  url base = test::parse_url("http://h/p.m3u8");

  std::string reload(const std::string& text, std::size_t source) {
    const auto parsed = test::parse(text);
    const auto outline = hls::outline_media(parsed).value();
    const auto edits = hls::continue_live(state, parsed, outline, source);
    return hls::rewrite({parsed, base, test::no_variables()}, test::write_same, edits)->text;
  }
  /// What a player reads from it: "number/discontinuity name", a '!' where a discontinuity stands.
  std::string told(const std::string& text, std::size_t source) {
    const auto out = test::parse(reload(text, source));
    const auto read = hls::outline_media(out).value();
    std::string line;
    for (const auto& each : read.segments) {
      line.append(line.empty() ? "" : " ").append(each.discontinuity ? "!" : "");
      line.append(std::to_string(each.number)).append("/").append(std::to_string(each.discontinuity_number));
      line.append(":").append(out.line_text(out.lines()[each.line]));
    }
    return line;
  }
};

BOOST_FIXTURE_TEST_SUITE(live_numbering, fixture)

BOOST_AUTO_TEST_CASE(one_source_is_never_changed) {
  for (int i = 0; i < 5; ++i) {
    const auto text = window("a", 10 + i, 3);
    BOOST_TEST(reload(text, 0) == text);
  }
  // Not even when it starts again.
  BOOST_TEST(reload(window("z", 0, 3), 0) == window("z", 0, 3));
}

BOOST_AUTO_TEST_CASE(the_same_stream_elsewhere_is_not_changed) {
  reload(window("a", 10, 3), 0);
  for (const auto& text : {window("a", 12, 3), window("a", 9, 3), window("a", 10, 3)}) {
    BOOST_TEST(reload(text, 1) == text);
    BOOST_TEST(reload(window("a", 10, 3), 0) == window("a", 10, 3));
  }
}

BOOST_AUTO_TEST_CASE(folders_and_tokens_do_not_make_another_stream) {
  reload("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:1,\nhttp://one/x/s5.ts?tok=1\n", 0);
  const std::string same =
      "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:1,\ny/s5.ts?tok=/2\n#EXTINF:1,\ny/s6.ts\n";
  BOOST_TEST(reload(same, 1) == same);
}

struct other_case {
  std::string name, text, told;
};
std::ostream& operator<<(std::ostream& out, const other_case& each) {
  return out << each.name;
}
const std::vector<other_case> others{
    {"other names", window("b", 11, 2), "!13/1:b11.ts 14/1:b12.ts"},
    {"lower numbers", window("b", 0, 2), "!13/1:b0.ts 14/1:b1.ts"},
    {"higher numbers", window("b", 1'000, 2), "!13/1:b1000.ts 14/1:b1001.ts"},
    {"numbers that follow", window("b", 13, 2), "!13/1:b13.ts 14/1:b14.ts"},
    {"the same names with other numbers", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:99\n#EXTINF:1,\na11.ts\n",
     "!13/1:a11.ts"},
    {"one name differs", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:11\n#EXTINF:1,\na11.ts\n#EXTINF:1,\nx.ts\n",
     "!13/1:a11.ts 14/1:x.ts"},
    {"the same stream without common numbers", window("a", 20, 1), "!13/1:a20.ts"},
    {"its own discontinuity first", window("b", 50, 2, 7, {50}), "!13/1:b50.ts 14/1:b51.ts"},
    {"its own discontinuity later", window("b", 50, 3, 7, {52}), "!13/1:b50.ts 14/1:b51.ts !15/2:b52.ts"},
    {"no header", "#EXTM3U\r\n#EXTINF:1,\r\nx.ts\r\n", "!13/1:x.ts"},
    {"no tags at all", "#EXTM3U\nx.ts\ny.ts", "!13/1:x.ts 14/1:y.ts"},
};
BOOST_DATA_TEST_CASE(another_stream_goes_on_with_the_next_number, boost::unit_test::data::make(others),
                     each) {
  BOOST_TEST(told(window("a", 10, 3), 0) == "10/0:a10.ts 11/0:a11.ts 12/0:a12.ts");
  BOOST_TEST(told(each.text, 1) == each.told);
  // The same reload, the same text.
  BOOST_TEST(told(each.text, 1) == each.told);
}

BOOST_AUTO_TEST_CASE(the_mark_stays_until_it_slides_out) {
  told(window("a", 10, 3), 0);
  BOOST_TEST(told(window("b", 50, 3), 1) == "!13/1:b50.ts 14/1:b51.ts 15/1:b52.ts");
  BOOST_TEST(told(window("b", 50, 4), 1) == "!13/1:b50.ts 14/1:b51.ts 15/1:b52.ts 16/1:b53.ts");
  BOOST_TEST(told(window("b", 51, 3), 1) == "14/1:b51.ts 15/1:b52.ts 16/1:b53.ts");
  BOOST_TEST(told(window("b", 53, 2), 1) == "16/1:b53.ts 17/1:b54.ts");
  BOOST_TEST(!state.seam.has_value());
  // Its own discontinuities count on.
  BOOST_TEST(told(window("b", 54, 2, 0, {55}), 1) == "17/1:b54.ts !18/2:b55.ts");
  BOOST_TEST(told(window("b", 56, 1, 1), 1) == "19/2:b56.ts");
}

BOOST_AUTO_TEST_CASE(an_own_discontinuity_at_the_seam_is_not_doubled) {
  told(window("a", 10, 3, 4), 0);
  BOOST_TEST(told(window("b", 50, 2, 9, {50}), 1) == "!13/5:b50.ts 14/5:b51.ts");
  BOOST_TEST(told(window("b", 51, 2, 10), 1) == "14/5:b51.ts 15/5:b52.ts");
}

BOOST_AUTO_TEST_CASE(there_and_back_again_only_goes_up) {
  told(window("a", 10, 3), 0);
  BOOST_TEST(told(window("b", 500, 2), 1) == "!13/1:b500.ts 14/1:b501.ts");
  BOOST_TEST(told(window("a", 12, 3), 0) == "!15/2:a12.ts 16/2:a13.ts 17/2:a14.ts");
  BOOST_TEST(told(window("a", 13, 3), 0) == "16/2:a13.ts 17/2:a14.ts 18/2:a15.ts");
  BOOST_TEST(told(window("c", 1, 1), 2) == "!19/3:c1.ts");
  // A mirror of the third is the same stream: its numbers stay where they were moved to.
  BOOST_TEST(told(window("c", 1, 2), 3) == "!19/3:c1.ts 20/3:c2.ts");
}

BOOST_AUTO_TEST_CASE(only_numbers_and_the_mark_change) {
  reload("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:1,\na\n", 0);
  BOOST_TEST(
      reload("\xef\xbb\xbf#EXTM3U\r\n#EXT-X-MEDIA-SEQUENCE: 3 \r\n\r\n# c\r\n#EXT-X-KEY:METHOD=NONE\r\n"
             "#EXTINF:1,\r\n  b\r\n#EXT-X-RENDITION-REPORT:URI=\"r\",LAST-MSN=3,LAST-PART=1\r\n",
             1) ==
      "\xef\xbb\xbf#EXTM3U\r\n#EXT-X-MEDIA-SEQUENCE:8 \r\n\r\n# c\r\n#EXT-X-DISCONTINUITY\r\n"
      "#EXT-X-KEY:METHOD=NONE\r\n#EXTINF:1,\r\n  "
      "b\r\n#EXT-X-RENDITION-REPORT:URI=\"r\",LAST-MSN=8,LAST-PART=1\r\n");
}

BOOST_AUTO_TEST_CASE(missing_headers_are_added_behind_the_first_line) {
  reload("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:2\n#EXTINF:1,\na\n", 0);
  BOOST_TEST(
      reload("#EXTM3U\r\n#EXTINF:1,\r\nb\r\n", 1) ==
      "#EXTM3U\r\n#EXT-X-MEDIA-SEQUENCE:8\r\n#EXT-X-DISCONTINUITY-SEQUENCE:2\r\n#EXT-X-DISCONTINUITY\r\n"
      "#EXTINF:1,\r\nb\r\n");
}

BOOST_AUTO_TEST_CASE(parts_of_the_first_segment_stand_behind_the_mark) {
  reload(window("a", 10, 3), 0);
  const auto text =
      reload("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PART:DURATION=1,URI=\"p\"\n#EXTINF:1,\nb\n", 1);
  BOOST_TEST(text.find("#EXT-X-DISCONTINUITY\n#EXT-X-PART") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_empty_window_decides_nothing) {
  reload(window("a", 10, 3), 0);
  const std::string empty = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:5\n";
  BOOST_TEST(reload(empty, 1) == empty);
  BOOST_TEST(state.source == 0U);
  BOOST_TEST(told(window("b", 5, 1), 1) == "!13/1:b5.ts");
  BOOST_TEST(reload("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:6\n", 1).find("MEDIA-SEQUENCE:14\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(delta_updates_keep_the_numbers) {
  told(window("a", 10, 3), 0);
  told(window("b", 50, 4), 1);
  const std::string delta =
      "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:50\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:6,\nb53.ts\n#EXTINF:6,"
      "\nb54.ts\n";
  // The mark is among what is left out: the player has it. The header still counts it.
  const auto text = reload(delta, 1);
  BOOST_TEST(text.find("#EXT-X-MEDIA-SEQUENCE:13\n") != std::string::npos);
  BOOST_TEST(text.find("#EXT-X-DISCONTINUITY\n") == std::string::npos);
  BOOST_TEST(text.find("#EXT-X-DISCONTINUITY-SEQUENCE") == std::string::npos);
  BOOST_TEST(state.last_number == 17);
}

BOOST_AUTO_TEST_CASE(players_ask_with_the_numbers_they_were_told) {
  told(window("a", 10, 3), 0);
  BOOST_TEST(hls::upstream_number(state, 12).value() == 12);
  told(window("b", 50, 3), 1);
  BOOST_TEST(hls::upstream_number(state, 16).value() == 53);
  told(window("c", 0, 3), 2);
  BOOST_TEST(hls::upstream_number(state, 16).value() == 0);
  BOOST_TEST(!hls::upstream_number(state, 15).has_value());
  BOOST_TEST(!hls::upstream_number(state, -1).has_value());
}

BOOST_AUTO_TEST_CASE(the_state_is_a_value) {
  told(window("a", 10, 3), 0);
  const auto before = state;
  const auto first = told(window("b", 50, 3), 1);
  const auto after = state;
  state = before;
  BOOST_TEST(told(window("b", 50, 3), 1) == first);
  BOOST_TEST((state == after));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
