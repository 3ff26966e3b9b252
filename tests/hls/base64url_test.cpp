#include "hls/base64url.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>
#include <vector>

namespace {

using namespace millrace;

struct text_case {
  std::string bytes, text;
};
std::ostream& operator<<(std::ostream& out, const text_case& each) {
  return out << each.text;
}
// RFC 4648 §10, and the two characters that differ from base64.
const std::vector<text_case> texts{
    {"", ""},
    {"f", "Zg"},
    {"fo", "Zm8"},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg"},
    {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "-_-_"},
    {"\xff\xff", "__8"},
};

BOOST_AUTO_TEST_SUITE(base64url)

BOOST_DATA_TEST_CASE(there_and_back, boost::unit_test::data::make(texts), each) {
  std::string text = "x";
  hls::append_base64url(text, each.bytes);
  BOOST_TEST(text == "x" + each.text);
  BOOST_TEST(hls::decode_base64url(each.text).value() == each.bytes);
}

BOOST_DATA_TEST_CASE(other_spellings_are_refused,
                     boost::unit_test::data::make(std::vector<std::string>{
                         "Z", "Zg==", "Zh", "Zm9", "Zm9v=", "Zm+v", "Zm/v", "Zm 9v", "Zm9vY", "\xc3\xbc"}),
                     text) {
  BOOST_TEST(!hls::decode_base64url(text));
}

BOOST_AUTO_TEST_CASE(any_bytes) {
  std::mt19937 random(64);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (auto& each : bytes)
      each = static_cast<char>(random());
    std::string text;
    hls::append_base64url(text, bytes);
    BOOST_TEST((hls::decode_base64url(text) == bytes));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
