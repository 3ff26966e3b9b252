#include "hls/tag.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;

struct tag_case {
  std::string line;
  hls::tag what;
  std::string value;
};
std::ostream& operator<<(std::ostream& out, const tag_case& each) {
  return out << each.line;
}

const std::vector<tag_case> tags{
    {"#EXTM3U", hls::tag::m3u, ""},
    {"#EXTM3U url-tvg=\"http://x/\"", hls::tag::m3u, " url-tvg=\"http://x/\""},
    {"#EXTINF:10,Title", hls::tag::inf, "10,Title"},
    {"#EXTINF", hls::tag::inf, ""},
    {"#EXT-X-DEFINE:NAME=\"a\"", hls::tag::define, "NAME=\"a\""},
    {"#EXT-X-TARGETDURATION:6", hls::tag::target_duration, "6"},
    {"#EXT-X-MEDIA-SEQUENCE:7", hls::tag::media_sequence, "7"},
    {"#EXT-X-DISCONTINUITY-SEQUENCE:8", hls::tag::discontinuity_sequence, "8"},
    {"#EXT-X-ENDLIST", hls::tag::end_list, ""},
    {"#EXT-X-PLAYLIST-TYPE:VOD", hls::tag::playlist_type, "VOD"},
    {"#EXT-X-I-FRAMES-ONLY", hls::tag::i_frames_only, ""},
    {"#EXT-X-SKIP:SKIPPED-SEGMENTS=3", hls::tag::skip, "SKIPPED-SEGMENTS=3"},
    {"#EXT-X-RENDITION-REPORT:URI=\"a\"", hls::tag::rendition_report, "URI=\"a\""},
    {"#EXT-X-PRELOAD-HINT:TYPE=PART", hls::tag::preload_hint, "TYPE=PART"},
    {"#EXT-X-BYTERANGE:1@2", hls::tag::byte_range, "1@2"},
    {"#EXT-X-DISCONTINUITY", hls::tag::discontinuity, ""},
    {"#EXT-X-KEY:METHOD=NONE", hls::tag::key, "METHOD=NONE"},
    {"#EXT-X-MAP:URI=\"i\"", hls::tag::map, "URI=\"i\""},
    {"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z", hls::tag::program_date_time, "2026-01-01T00:00:00Z"},
    {"#EXT-X-GAP", hls::tag::gap, ""},
    {"#EXT-X-BITRATE:1", hls::tag::bitrate, "1"},
    {"#EXT-X-PART:URI=\"p\"", hls::tag::part, "URI=\"p\""},
    {"#EXT-X-DATERANGE:ID=\"a\"", hls::tag::date_range, "ID=\"a\""},
    {"#EXT-X-MEDIA:TYPE=AUDIO", hls::tag::media, "TYPE=AUDIO"},
    {"#EXT-X-STREAM-INF:BANDWIDTH=1", hls::tag::stream_inf, "BANDWIDTH=1"},
    {"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1", hls::tag::i_frame_stream_inf, "BANDWIDTH=1"},
    {"#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1", hls::tag::image_stream_inf, "BANDWIDTH=1"},
    {"#EXT-X-SESSION-DATA:DATA-ID=\"a\"", hls::tag::session_data, "DATA-ID=\"a\""},
    {"#EXT-X-SESSION-KEY:METHOD=AES-128", hls::tag::session_key, "METHOD=AES-128"},
    {"#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\"", hls::tag::content_steering, "SERVER-URI=\"s\""},
    {"#", hls::tag::comment, "#"},
    {"# a comment: yes", hls::tag::comment, "# a comment: yes"},
    {"#ext-x-key:METHOD=NONE", hls::tag::comment, "#ext-x-key:METHOD=NONE"},
    {"#EXT", hls::tag::unknown, "#EXT"},
    {"#EXT-X-KEYS:URI=\"a\"", hls::tag::unknown, "#EXT-X-KEYS:URI=\"a\""},
    {"#EXT-X-Key:URI=\"a\"", hls::tag::unknown, "#EXT-X-Key:URI=\"a\""},
    {"#EXT-X-VERSION:3", hls::tag::unknown, "#EXT-X-VERSION:3"},
    {"#EXT-X-DISCONTINUITY-SEQUENCES:1", hls::tag::unknown, "#EXT-X-DISCONTINUITY-SEQUENCES:1"},
    {"#EXTVLCOPT:http-user-agent=x", hls::tag::unknown, "#EXTVLCOPT:http-user-agent=x"},
    {"#EXT-X-" + std::string(100'000, 'A'), hls::tag::unknown, "#EXT-X-" + std::string(100'000, 'A')},
};

BOOST_AUTO_TEST_SUITE(tag)

BOOST_DATA_TEST_CASE(is_recognised, boost::unit_test::data::make(tags), each) {
  const auto found = hls::recognise_tag(each.line);
  BOOST_TEST(found.what == each.what);
  BOOST_TEST(each.line.substr(found.value_begin) == each.value);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
