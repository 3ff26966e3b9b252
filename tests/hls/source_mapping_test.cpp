#include "hls/source_mapping.hpp"

#include "hls/mapping_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;

const std::string none;

struct mapping_case {
  std::string name;
  std::string wanted;
  std::string expected;  ///< empty: nothing fits
};
std::ostream& operator<<(std::ostream& out, const mapping_case& each) {
  return out << each.name;
}

/// Paths are alike, the query is the provider's own.
const hls::mapped_master& first() {
  static const auto made = test::master(
      "http://one/live/m.m3u8",
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"lo\",NAME=\"English\",LANGUAGE=\"en\",URI=\"a/en-lo.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"hi\",NAME=\"English\",LANGUAGE=\"en\",URI=\"a/en-hi.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"hi\",NAME=\"Deutsch\",LANGUAGE=\"de\",URI=\"a/de-hi.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"English\",LANGUAGE=\"en\",URI=\"s/en.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Latin\",LANGUAGE=\"la\",URI=\"s/la.m3u8\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"lo\"\nv1/p.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=3000000,AUDIO=\"hi\"\nv3/p.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=9000000,AUDIO=\"hi\"\nhttp://cdn/v9/p.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=500000\nv05/p.m3u8?tok=1\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100000,URI=\"v1/i.m3u8\"\n");
  return made;
}

const hls::mapped_master& second() {
  static const auto made = test::master(
      "https://two/other/x/master.m3u8?k=2",
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"small\",NAME=\"Eng\",LANGUAGE=\"en\",URI=\"en-small.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"big\",NAME=\"Eng\",LANGUAGE=\"en\",URI=\"en-big.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"big\",NAME=\"Ger\",LANGUAGE=\"de\",URI=\"de-big.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"big\",NAME=\"Muxed\",LANGUAGE=\"fr\"\n"
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",NAME=\"English\",LANGUAGE=\"en\",URI=\"sub-en.m3u8\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1100000,AUDIO=\"small\"\nlow.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=4000000,AUDIO=\"big\"\nmid.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=2900000,AUDIO=\"big\"\nv3/p.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=100\nv05/p.m3u8?tok=2\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"iframes.m3u8\"\n");
  return made;
}

const std::vector<mapping_case> playlists{
    {"the master itself", "http://one/live/m.m3u8", "https://two/other/x/master.m3u8?k=2"},
    {"equal relative URI", "http://one/live/v3/p.m3u8", "https://two/other/x/v3/p.m3u8"},
    {"equal but for the token", "http://one/live/v05/p.m3u8?tok=1", "https://two/other/x/v05/p.m3u8?tok=2"},
    {"nearest bit rate", "http://one/live/v1/p.m3u8", "https://two/other/x/low.m3u8"},
    {"nearest bit rate, from another host", "http://cdn/v9/p.m3u8", "https://two/other/x/mid.m3u8"},
    {"I-frames to I-frames", "http://one/live/v1/i.m3u8", "https://two/other/x/iframes.m3u8"},
    {"language, low group", "http://one/live/a/en-lo.m3u8", "https://two/other/x/en-small.m3u8"},
    {"language, high group", "http://one/live/a/en-hi.m3u8", "https://two/other/x/en-big.m3u8"},
    {"another language", "http://one/live/a/de-hi.m3u8", "https://two/other/x/de-big.m3u8"},
    {"another type", "http://one/live/s/en.m3u8", "https://two/other/x/sub-en.m3u8"},
    {"no such language", "http://one/live/s/la.m3u8", none},
    {"not in the playlist", "http://one/live/unknown.m3u8", none},
    {"not in the playlist, but in the other", "http://one/live/low.m3u8", "https://two/other/x/low.m3u8"},
};

const hls::mapped_media& first_media() {
  static const auto made =
      test::media("http://one/v/p.m3u8",
                  "#EXT-X-MAP:URI=\"init1.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n#EXTINF:6,\na0.ts\n#"
                  "EXTINF:6,\na1.ts\n"
                  "#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"\n#EXTINF:6,\nsame.ts\n#EXTINF:6,\na3.ts?tok=1\n"
                  "#EXT-X-KEY:METHOD=NONE\n#EXTINF:6,\na4.ts\n#EXTINF:6,\na5.ts\n#EXT-X-ENDLIST\n");
  return made;
}

const hls::mapped_media& second_media() {
  static const auto made = test::media("http://two/w/q.m3u8",
                                       "#EXT-X-MAP:URI=\"first.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"x1\"\n#"
                                       "EXTINF:6,\nb0.ts\n#EXTINF:6,\nb1.ts\n"
                                       "#EXTINF:6,\nb2.ts\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:6,\na3.ts?tok=2\n#"
                                       "EXTINF:6,\nsame.ts\n#EXT-X-ENDLIST\n");
  return made;
}

const std::vector<mapping_case> resources{
    {"equal relative URI", "http://one/v/same.ts", "http://two/w/same.ts"},
    {"equal but for the token", "http://one/v/a3.ts?tok=1", "http://two/w/a3.ts?tok=2"},
    {"first position", "http://one/v/a0.ts", "http://two/w/b0.ts"},
    {"another position", "http://one/v/a1.ts", "http://two/w/b1.ts"},
    {"behind the end", "http://one/v/a5.ts", none},
    {"map", "http://one/v/init1.mp4", "http://two/w/first.mp4"},
    {"key", "http://one/v/k1", "http://two/w/x1"},
    {"key of a later segment", "http://one/v/k2", "http://two/w/x1"},
    {"unknown", "http://one/v/zzz.ts", none},
};

std::string text_of(const std::optional<std::string>& found) {
  return found.value_or(none);
}

BOOST_AUTO_TEST_SUITE(source_mapping)

BOOST_DATA_TEST_CASE(playlists_are_mapped, boost::unit_test::data::make(playlists), each) {
  BOOST_TEST(text_of(hls::map_playlist(first(), second(), each.wanted)) == each.expected);
}

BOOST_DATA_TEST_CASE(resources_are_mapped, boost::unit_test::data::make(resources), each) {
  BOOST_TEST(text_of(hls::map_resource(first_media(), second_media(), each.wanted)) == each.expected);
}

BOOST_AUTO_TEST_CASE(a_source_without_such_a_kind_has_nothing) {
  const auto bare = test::master("http://two/m.m3u8", "#EXT-X-STREAM-INF:BANDWIDTH=1\nonly.m3u8\n");
  BOOST_TEST(text_of(hls::map_playlist(first(), bare, "http://one/live/v1/i.m3u8")) == none);
  BOOST_TEST(text_of(hls::map_playlist(first(), bare, "http://one/live/a/en-lo.m3u8")) == none);
  BOOST_TEST(text_of(hls::map_playlist(first(), bare, "http://one/live/v1/p.m3u8")) ==
             "http://two/only.m3u8");
}

BOOST_AUTO_TEST_CASE(among_equal_bit_rates_the_alike_is_taken) {
  const auto from =
      test::master("http://one/m", "#EXT-X-STREAM-INF:BANDWIDTH=5,RESOLUTION=1x1,CODECS=\"b\"\nv\n");
  const auto to = test::master("http://two/m",
                               "#EXT-X-STREAM-INF:BANDWIDTH=5,RESOLUTION=2x2,CODECS=\"b\"\nx\n"
                               "#EXT-X-STREAM-INF:BANDWIDTH=5,RESOLUTION=1x1,CODECS=\"a\"\ny\n"
                               "#EXT-X-STREAM-INF:BANDWIDTH=5,RESOLUTION=1x1,CODECS=\"b\"\nz\n");
  BOOST_TEST(text_of(hls::map_playlist(from, to, "http://one/v")) == "http://two/z");
}

BOOST_AUTO_TEST_CASE(renditions_without_languages_go_by_name_or_group) {
  const auto from =
      test::master("http://one/m", "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"n\",URI=\"a\"\n");
  const auto to = test::master("http://two/m",
                               "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"x\",URI=\"b\"\n"
                               "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"y\",NAME=\"n\",URI=\"c\"\n");
  BOOST_TEST(text_of(hls::map_playlist(from, to, "http://one/a")) == "http://two/c");
  const auto other =
      test::master("http://two/m", "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"z\",NAME=\"z\",URI=\"b\"\n");
  BOOST_TEST(text_of(hls::map_playlist(from, other, "http://one/a")) == none);
}

BOOST_AUTO_TEST_CASE(live_has_no_positions) {
  const auto live = test::media("http://two/w/q.m3u8",
                                "#EXTINF:6,\nb0.ts\n#EXTINF:6,\nsame.ts\n#EXT-X-PART:URI=\"a0.ts\"\n");
  BOOST_TEST(text_of(hls::map_resource(first_media(), live, "http://one/v/a1.ts")) == none);
  BOOST_TEST(text_of(hls::map_resource(first_media(), live, "http://one/v/same.ts")) ==
             "http://two/w/same.ts");
  BOOST_TEST(text_of(hls::map_resource(first_media(), live, "http://one/v/a0.ts")) == "http://two/w/a0.ts");
}

BOOST_AUTO_TEST_CASE(names_that_differ_by_query_alone_need_equal_queries) {
  const auto from = test::media("http://one/p", "#EXTINF:1,\ns?n=1\n#EXTINF:1,\ns?n=2\n");
  const auto to = test::media("http://two/p", "#EXTINF:1,\ns?n=2\n#EXTINF:1,\ns?n=3\n");
  BOOST_TEST(text_of(hls::map_resource(from, to, "http://one/s?n=2")) == "http://two/s?n=2");
  BOOST_TEST(text_of(hls::map_resource(from, to, "http://one/s?n=1")) == none);
}

BOOST_AUTO_TEST_CASE(one_file_maps_to_one_file_with_the_same_ranges) {
  const std::string ranges = "#EXT-X-BYTERANGE:5@0\nF\n#EXT-X-BYTERANGE:6\nF\n#EXT-X-ENDLIST\n";
  const auto with = [&](std::string_view base, std::string name, std::string text) {
    for (auto at = text.find('F'); at != std::string::npos; at = text.find('F', at))
      text.replace(at, 1, name);
    return test::media(base, std::move(text));
  };
  const auto from = with("http://one/p", "all.ts", ranges);
  BOOST_TEST(text_of(hls::map_resource(from, with("http://two/p", "x.ts", ranges), "http://one/all.ts")) ==
             "http://two/x.ts");
  const std::string moved = "#EXT-X-BYTERANGE:5@0\nF\n#EXT-X-BYTERANGE:7\nF\n#EXT-X-ENDLIST\n";
  BOOST_TEST(text_of(hls::map_resource(from, with("http://two/p", "x.ts", moved), "http://one/all.ts")) ==
             none);
  const auto split = test::media("http://two/p", "#EXTINF:1,\na\n#EXTINF:1,\nb\n#EXT-X-ENDLIST\n");
  BOOST_TEST(text_of(hls::map_resource(from, split, "http://one/all.ts")) == none);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
