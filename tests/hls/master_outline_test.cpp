#include "hls/master_outline.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;

BOOST_AUTO_TEST_SUITE(master_outline)

BOOST_AUTO_TEST_CASE(variants_and_renditions) {
  const auto base = test::parse_url("http://h/m.m3u8");
  const auto text = test::parse(
      "#EXTM3U\n#EXT-X-DEFINE:NAME=\"g\",VALUE=\"aud\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{$g}1\",NAME=\"English, loud\",LANGUAGE=\"en\",URI=\"en.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"CC\",INSTREAM-ID=\"CC1\"\n"
      "#EXT-X-STREAM-INF:CODECS=\"avc1,mp4a\",BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000,RESOLUTION=1x2,"
      "AUDIO=\"{$g}1\",SUBTITLES=\"s\",CLOSED-CAPTIONS=NONE,NAME=\"low\"\n\n# comment\nlow.php\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI=\"i.m3u8\"\n"
      "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=8600,URI=\"t.m3u8\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=x\nhigh.m3u8\nstray.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1\n");
  const auto found = hls::outline_master({text, base, test::no_variables()}).value();
  BOOST_REQUIRE(found.variants.size() == 4U);
  const auto& low = found.variants[0];
  BOOST_TEST(low.kind == hls::tag::stream_inf);
  BOOST_TEST(low.bandwidth == 1'280'000);
  BOOST_TEST(low.average_bandwidth == 1'000'000);
  BOOST_TEST(low.codecs == "avc1,mp4a");
  BOOST_TEST(low.resolution == "1x2");
  BOOST_TEST(low.audio == "aud1");
  BOOST_TEST(low.subtitles == "s");
  BOOST_TEST(low.closed_captions == "NONE");
  BOOST_TEST(low.name == "low");
  BOOST_TEST(text.line_text(text.lines()[low.uri_line]) == "low.php");
  BOOST_TEST(found.variants[1].kind == hls::tag::i_frame_stream_inf);
  BOOST_TEST(found.variants[1].bandwidth == 86'000);
  BOOST_TEST(found.variants[2].kind == hls::tag::image_stream_inf);
  BOOST_TEST(found.variants[3].bandwidth == 0);
  BOOST_REQUIRE(found.renditions.size() == 2U);
  BOOST_TEST(found.renditions[0].type == "AUDIO");
  BOOST_TEST(found.renditions[0].group_id == "aud1");
  BOOST_TEST(found.renditions[0].name == "English, loud");
  BOOST_TEST(found.renditions[0].language == "en");
  BOOST_TEST(found.renditions[0].has_uri);
  BOOST_TEST(!found.renditions[1].has_uri);
}

BOOST_AUTO_TEST_CASE(problems_have_lines) {
  const auto base = test::parse_url("http://h/m.m3u8");
  const auto open = test::parse("#EXTM3U\n#EXT-X-MEDIA:NAME=\"x\n");
  BOOST_TEST(hls::outline_master({open, base, test::no_variables()}).error() ==
             (hls::problem{hls::problem_code::bad_attributes, 2}));
  const auto undefined = test::parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"{$a}\"\nx\n");
  BOOST_TEST(hls::outline_master({undefined, base, test::no_variables()}).error() ==
             (hls::problem{hls::problem_code::undefined_variable, 2}));
}

BOOST_AUTO_TEST_CASE(variables_do_not_fill_the_memory) {
  const auto base = test::parse_url("http://h/m.m3u8");
  std::string text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"" + std::string(8'000, 'x') + "\"\n";
  for (int i = 0; i < 3'000; ++i)
    text += "#EXT-X-MEDIA:NAME=\"{$a}\"\n";
  const auto parsed = test::parse(text);
  BOOST_TEST((hls::outline_master({parsed, base, test::no_variables()}).error().code ==
              hls::problem_code::output_too_large));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
