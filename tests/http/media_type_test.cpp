#include "http/media_type.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace::http;

struct pair_case {
  std::string from;
  std::string to;
};
std::ostream& operator<<(std::ostream& out, const pair_case& each) {
  return out << '"' << each.from << '"';
}

const std::vector<pair_case> by_extension{
    {"film.MP4", "video/mp4"},
    {"a.b.mkv", "video/x-matroska"},
    {"x.webm", "video/webm"},
    {"x.avi", "video/x-msvideo"},
    {"x.mov", "video/quicktime"},
    {"x.flv", "video/x-flv"},
    {"x.wmv", "video/x-ms-wmv"},
    {"x.mpg", "video/mpeg"},
    {"x.mpeg", "video/mpeg"},
    {"x.m4v", "video/x-m4v"},
    {"seg.ts", "video/mp2t"},
    {"x.m2ts", "video/mp2t"},
    {"x.mp3", "audio/mpeg"},
    {"x.aac", "audio/aac"},
    {"x.m4a", "audio/mp4"},
    {"x.flac", "audio/flac"},
    {"x.ogg", "audio/ogg"},
    {"x.opus", "audio/ogg"},
    {"x.wav", "audio/wav"},
    {"live.m3u8", "application/vnd.apple.mpegurl"},
    {"x.m3u", "audio/x-mpegurl"},
    {"x.mpd", "application/dash+xml"},
    {"x.vtt", "text/vtt"},
    {"x.srt", "application/x-subrip"},
    {"x.ass", "text/x-ssa"},
    {"x.jpg", "image/jpeg"},
    {"x.png", "image/png"},
    {"x.json", "application/json"},
    {"x.html", "text/html"},
    {"x.txt", "text/plain"},
    {"x.key", "application/octet-stream"},
    {".ts", "video/mp2t"},
    {"x.unknown", ""},
    {"x.", ""},
    {"mp4", ""},
    {"", ""},
    {"x.ts.", ""},
};

const std::vector<pair_case> by_type{
    {"video/mp4", ".mp4"},
    {"Video/MP4; codecs=\"avc1\"", ".mp4"},
    {"video/mp4 ; x=y", ".mp4"},
    {"video/mp2t", ".ts"},
    {"video/mpegts", ".ts"},
    {"video/x-matroska", ".mkv"},
    {"video/matroska", ".mkv"},
    {"application/vnd.apple.mpegurl", ".m3u8"},
    {"application/x-mpegURL", ".m3u8"},
    {"audio/mpeg", ".mp3"},
    {"audio/x-wav", ".wav"},
    {"image/jpeg", ".jpg"},
    {"text/html; charset=utf-8", ".html"},
    {"application/octet-stream", ""},
    {"video/unknown", ""},
    {"", ""},
    {";", ""},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(media_type)

BOOST_DATA_TEST_CASE(types_of_extensions, by_extension) {
  BOOST_TEST(type_of_extension(sample.from) == sample.to);
}

BOOST_DATA_TEST_CASE(extensions_of_types, by_type) {
  BOOST_TEST(extension_of_type(sample.from) == sample.to);
}

BOOST_AUTO_TEST_CASE(extensions_survive_the_way_there_and_back) {
  for (const auto& each : by_extension) {
    const auto extension = extension_of_type(type_of_extension(each.from));
    if (!extension.empty()) {
      BOOST_TEST(type_of_extension(std::string("x").append(extension)) == each.to);
    }
  }
}

BOOST_AUTO_TEST_CASE(generic_types_say_nothing) {
  for (const auto* type :
       {"", " ", "application/octet-stream", "Binary/Octet-Stream", "application/octet-stream; x=y"}) {
    BOOST_TEST(is_generic(type));
  }
  for (const auto* type : {"video/mp4", "application/octet", "text/plain"})
    BOOST_TEST(!is_generic(type));
}

BOOST_AUTO_TEST_CASE(tells_extensions_from_dots) {
  for (const auto* name : {"a.b", "film.mp4", "a.tar.gz", ".x.y", "a.12345678"})
    BOOST_TEST(has_extension(name));
  for (const auto* name :
       {"", ".", "a", "a.", ".hidden", "a.123456789", "a.b c", "a.b_c", "Mr. Robot", "a.\xc3\xbc"}) {
    BOOST_TEST(!has_extension(name));
  }
}

BOOST_AUTO_TEST_SUITE_END()
