#include "hls/media_name.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using hls::uri_kind;

struct name_case {
  std::string absolute;
  std::string encoded;
  std::string decoded;
  bool verbatim;
  uri_kind kind = uri_kind::resource;
};
std::ostream& operator<<(std::ostream& out, const name_case& each) {
  return out << each.absolute;
}

const std::vector<name_case> names{
    {"http://h/a/seg_1-2~.3.ts", "seg_1-2~.3.ts", "seg_1-2~.3.ts", true},
    {"http://h/a/seg.ts?x=/y.mp4", "seg.ts", "seg.ts", true},
    {"http://h/a.m3u8", "a.m3u8", "a.m3u8", true},
    {"http://h/noextension", "noextension", "noextension", true},
    {"http://h/", "segment", "segment", false},
    {"http://h", "segment", "segment", false},
    {"http://h?x/y", "segment", "segment", false},
    {"http://h/dir/", "playlist.m3u8", "playlist.m3u8", false, uri_kind::playlist},
    {"http://h/dir/?a=b", "playlist.m3u8", "playlist.m3u8", false, uri_kind::playlist},
    {"http://h/%C3%BC%20x.ts", "%C3%BC%20x.ts", "\xc3\xbc x.ts", false},
    {"http://h/%41.ts", "A.ts", "A.ts", false},
    {"http://h/a+b,c;d=e(1).ts", "a%2Bb%2Cc%3Bd%3De%281%29.ts", "a+b,c;d=e(1).ts", false},
    // Nothing that a server in front would take for something else.
    {"http://h/a%2Fb%5Cc.ts", "a_b_c.ts", "a_b_c.ts", false},
    {"http://h/12:30.ts", "12_30.ts", "12_30.ts", false},
    {"http://h/x%00%0D%0A.ts", "x___.ts", "x___.ts", false},
    {"http://h/%2e%2e", "stream", "stream", false},
    {"http://h/..", "stream", "stream", false},
    {"http://h/a.", "a", "a", false},
    {"http://h/%FF.ts", "_.ts", "_.ts", false},
    {"http://h/%3Fx=1", "_x%3D1", "_x=1", false},
};

BOOST_AUTO_TEST_SUITE(media_name)

BOOST_DATA_TEST_CASE(ends_the_path, boost::unit_test::data::make(names), each) {
  const auto made = hls::name_of(each.absolute, each.kind);
  BOOST_TEST(made.encoded == each.encoded);
  BOOST_TEST(made.decoded == each.decoded);
  BOOST_TEST(made.verbatim == each.verbatim);
  BOOST_TEST(percent_decode(made.encoded) == made.decoded);
}

BOOST_AUTO_TEST_CASE(long_names_are_cut_with_their_extension) {
  const auto made = hls::name_of("http://h/" + std::string(1'000, 'a') + ".ts", uri_kind::resource);
  BOOST_TEST(made.decoded.size() == 255U);
  BOOST_TEST(made.decoded.ends_with("a.ts"));
  BOOST_TEST(!made.verbatim);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
