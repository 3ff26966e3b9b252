#include "hls/playlist.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using hls::problem_code;
using hls::tag;

struct start_case {
  std::string body;
  bool is_playlist;
};
std::ostream& operator<<(std::ostream& out, const start_case& each) {
  return out << each.body;
}

const std::vector<start_case> starts{
    {"#EXTM3U", true},
    {"#EXTM3U\n", true},
    {"#EXTM3U\r\n#EXT-X-VERSION:3", true},
    {"\xef\xbb\xbf#EXTM3U\n", true},
    {"#EXTM3U x=\"y\"\n", true},
    // Whatever begins so may hold URLs of the provider: it is never passed on as it is.
    {"#EXTM3U8\n", true},
    {"", false},
    {"\n#EXTM3U\n", false},
    {" #EXTM3U\n", false},
    {"#EXTM3\n", false},
    {"#extm3u\n", false},
    {"\xef\xbb\xbf", false},
    {"\xef\xbb\xbf\xef\xbb\xbf#EXTM3U", false},
    {"<html>", false},
    {"#EXTINF:1,\nhttp://a/b.ts", false},
};

/// Every line as it is in the text, without white space around it.
std::vector<std::string> lines_of(const hls::playlist& text) {
  std::vector<std::string> out;
  for (const auto& each : text.lines())
    out.emplace_back(text.line_text(each));
  return out;
}

BOOST_AUTO_TEST_SUITE(playlist)

BOOST_DATA_TEST_CASE(is_told_by_its_beginning, boost::unit_test::data::make(starts), each) {
  BOOST_TEST(hls::is_playlist(each.body) == each.is_playlist);
  const auto parsed = hls::playlist::parse(each.body);
  BOOST_TEST(parsed.has_value() == each.is_playlist);
  if (parsed.has_value()) {
    BOOST_TEST(parsed->text() == each.body);
  } else {
    BOOST_TEST(parsed.error() == (hls::problem{problem_code::not_a_playlist, 1}));
  }
}

BOOST_AUTO_TEST_CASE(line_ends_and_white_space_are_no_part_of_lines) {
  const auto text =
      test::parse("\xef\xbb\xbf#EXTM3U\r\n\r\n \t\n  #EXTINF:1, \r\n a b.ts\t\r\r\n\n#EXT-X-ENDLIST");
  const std::vector<std::string> expected{"#EXTM3U", "", "", "#EXTINF:1,", "a b.ts", "", "#EXT-X-ENDLIST"};
  BOOST_TEST(lines_of(text) == expected, boost::test_tools::per_element());
  BOOST_TEST(text.lines()[2].what == tag::blank);
  BOOST_TEST(text.lines()[3].what == tag::inf);
  BOOST_TEST(text.value(text.lines()[3]) == "1,");
  BOOST_TEST(text.lines()[4].what == tag::uri);
  BOOST_TEST(text.lines()[6].what == tag::end_list);
  BOOST_TEST(text.line_end() == "\r\n");
}

BOOST_AUTO_TEST_CASE(a_final_newline_makes_no_line) {
  BOOST_TEST(test::parse("#EXTM3U").lines().size() == 1U);
  BOOST_TEST(test::parse("#EXTM3U\n").lines().size() == 1U);
  BOOST_TEST(test::parse("#EXTM3U\n\n").lines().size() == 2U);
  BOOST_TEST(test::parse("#EXTM3U\na").lines().size() == 2U);
  BOOST_TEST(test::parse("#EXTM3U").line_end() == "\n");
}

BOOST_AUTO_TEST_CASE(nul_bytes_and_lone_returns_are_kept_in_lines) {
  const std::string text("#EXTM3U\na\0b\rc\n", 14);
  const auto parsed = test::parse(text);
  BOOST_TEST(parsed.text() == text);
  BOOST_TEST(parsed.line_text(parsed.lines()[1]) == std::string("a\0b\rc", 5));
}

BOOST_AUTO_TEST_CASE(master_tags_tell_a_multivariant_playlist) {
  BOOST_TEST(test::parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n").is_master());
  BOOST_TEST(test::parse("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO\n").is_master());
  BOOST_TEST(test::parse("#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"a\"\n").is_master());
  BOOST_TEST(!test::parse("#EXTM3U\n#EXTINF:1,\na.m3u8\n").is_master());
  BOOST_TEST(!test::parse("#EXTM3U\n").is_master());
  BOOST_TEST(test::parse("#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n").has_definitions());
  BOOST_TEST(!test::parse("#EXTM3U\n").has_definitions());
}

BOOST_AUTO_TEST_CASE(long_lines_and_many_segments_are_read) {
  std::string text = "#EXTM3U\n#EXT-X-UNKNOWN:" + std::string(100'000, 'x') + "\n";
  text += "#" + std::string(100'000, 'y') + "\n" + std::string(100'000, 'z') + "\n";
  for (int i = 0; i < 50'000; ++i)
    text += "#EXTINF:6,\nseg" + std::to_string(i) + ".ts\n";
  const auto parsed = test::parse(text);
  BOOST_TEST(parsed.lines().size() == 100'004U);
  BOOST_TEST((parsed.text() == text));
  BOOST_TEST(parsed.line_text(parsed.lines().back()) == "seg49999.ts");
}

BOOST_AUTO_TEST_CASE(limits_hold) {
  std::string text = "#EXTM3U\n";
  text.resize(hls::largest_playlist, 'a');
  BOOST_TEST(hls::playlist::parse_view(text).has_value());
  text += 'a';
  BOOST_TEST(hls::playlist::parse_view(text).error() == (hls::problem{problem_code::too_large, 0}));
  const std::string lines = "#EXTM3U\n" + std::string(hls::most_lines, '\n');
  BOOST_TEST(hls::playlist::parse_view(lines).error() ==
             (hls::problem{problem_code::too_large, hls::most_lines + 1}));
  BOOST_TEST(hls::playlist::parse_view(std::string_view(lines).substr(0, lines.size() - 1)).has_value());
}

BOOST_AUTO_TEST_CASE(copies_share_the_text) {
  auto first = std::make_unique<hls::playlist>(test::parse("#EXTM3U\nx\n"));
  const hls::playlist copy = *first;
  first.reset();
  BOOST_TEST(copy.text() == "#EXTM3U\nx\n");
}

BOOST_AUTO_TEST_CASE(problems_are_told_in_plain_words) {
  BOOST_TEST(hls::to_string({problem_code::undefined_variable, 7}) == "a variable is not defined (line 7)");
  BOOST_TEST(hls::to_string({problem_code::too_large, 0}) == "the playlist is too large");
  BOOST_CHECK_THROW(hls::playlist::parse("x").value(), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
