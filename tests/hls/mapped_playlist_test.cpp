#include "hls/mapped_playlist.hpp"

#include "hls/mapping_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;

struct relative_case {
  std::string base, absolute, relative;
};
std::ostream& operator<<(std::ostream& out, const relative_case& each) {
  return out << each.base << " -> " << each.absolute;
}

const std::vector<relative_case> relatives{
    {"http://h/a/b/l.m3u8", "http://h/a/b/x.ts", "x.ts"},
    {"http://h/a/b/l.m3u8?q=/r/", "http://h/a/b/x.ts?y=/z", "x.ts?y=/z"},
    {"http://h/a/b/l.m3u8", "http://h/a/b/c/x.ts", "c/x.ts"},
    {"http://h/a/b/l.m3u8", "http://h/a/x.ts", "../x.ts"},
    {"http://h/a/b/l.m3u8", "http://h/x.ts", "../../x.ts"},
    {"http://h/a/b/l.m3u8", "http://h/a/bc/x.ts", "../bc/x.ts"},
    {"http://h/a/b/l.m3u8", "http://h/a/b", "../b"},
    {"http://h/a/b/l.m3u8", "http://h/a/b/", ""},
    {"http://h/l.m3u8", "http://h/x.ts", "x.ts"},
    {"http://h", "http://h/x.ts", "x.ts"},
    {"http://h/a/l.m3u8", "http://h", "../"},
    {"http://h/a/l.m3u8", "http://other/a/x.ts", "http://other/a/x.ts"},
    {"http://h/a/l.m3u8", "https://h/a/x.ts", "https://h/a/x.ts"},
    {"http://h/a/l.m3u8", "http://h:81/a/x.ts", "http://h:81/a/x.ts"},
};

BOOST_AUTO_TEST_SUITE(mapped_playlist)

BOOST_DATA_TEST_CASE(relative_references, boost::unit_test::data::make(relatives), each) {
  BOOST_TEST(hls::relative_reference(each.base, each.absolute) == each.relative);
}

BOOST_AUTO_TEST_CASE(every_reference_is_known_by_its_line) {
  const auto read =
      test::media("http://h/a/l.m3u8", "#EXT-X-KEY:URI=\"k\"\n#EXTINF:1,\ns\n#EXTINF:1,\n\nhttp://o/t\n");
  BOOST_REQUIRE(read.uris.size() == 3U);
  BOOST_TEST(*hls::absolute_at(read.uris, 1) == "http://h/a/k");
  BOOST_TEST(*hls::absolute_at(read.uris, 3) == "http://h/a/s");
  BOOST_TEST(*hls::absolute_at(read.uris, 6) == "http://o/t");
  BOOST_TEST((hls::absolute_at(read.uris, 2) == nullptr));
  BOOST_TEST((hls::absolute_at(read.uris, 7) == nullptr));
  BOOST_TEST(read.uris[1].relative == "s");
  BOOST_TEST(read.outline.segments.size() == 2U);
}

BOOST_AUTO_TEST_CASE(problems_come_through) {
  const auto base = test::parse_url("http://h/");
  const auto bad_uri = test::parse("#EXTM3U\nhttp:\n");
  BOOST_TEST(!hls::mapped_media::read({bad_uri, base, test::no_variables()}).has_value());
  BOOST_TEST(!hls::mapped_master::read({bad_uri, base, test::no_variables()}).has_value());
  const auto bad_number = test::parse("#EXTM3U\n#EXT-X-TARGETDURATION:x\n");
  BOOST_TEST(!hls::mapped_media::read({bad_number, base, test::no_variables()}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
