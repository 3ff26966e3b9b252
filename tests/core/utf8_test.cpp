#include "core/utf8.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

struct length_case {
  std::string text;
  std::size_t length;
};
std::ostream& operator<<(std::ostream& out, const length_case& each) {
  for (const char c : each.text)
    out << std::hex << (static_cast<unsigned>(c) & 0xffU) << ' ';
  return out << std::dec;
}

const std::vector<length_case> characters{
    {"", 0},
    {"a", 1},
    {std::string(1, '\0'), 1},
    {"\x7f", 1},
    {"\xc2\x80", 2},
    {"\xdf\xbf", 2},
    {"\xe0\xa0\x80", 3},
    {"\xed\x9f\xbf", 3},
    {"\xee\x80\x80", 3},
    {"\xef\xbf\xbf", 3},
    {"\xf0\x90\x80\x80", 4},
    {"\xf4\x8f\xbf\xbf", 4},
    {"\x80", 0},
    {"\xc0\x80", 0},
    {"\xc1\xbf", 0},
    {"\xc2", 0},
    {"\xc2"
     "a",
     0},
    {"\xe0\x9f\xbf", 0},
    {"\xe2\x82", 0},
    {"\xed\xa0\x80", 0},
    {"\xf0\x8f\xbf\xbf", 0},
    {"\xf0\x9f\x98", 0},
    {"\xf4\x90\x80\x80", 0},
    {"\xf5\x80\x80\x80", 0},
    {"\xff", 0},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_DATA_TEST_CASE(measures_the_first_character, characters) {
  BOOST_TEST(millrace::utf8_length(sample.text) == sample.length);
  BOOST_TEST(millrace::utf8_length(sample.text + "tail") == (sample.text.empty() ? 1 : sample.length));
}

BOOST_AUTO_TEST_CASE(judges_whole_texts) {
  BOOST_TEST(millrace::is_utf8(""));
  BOOST_TEST(millrace::is_utf8("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"));
  BOOST_TEST(!millrace::is_utf8("a\xfc"));
  BOOST_TEST(!millrace::is_utf8("\xe2\x82\xac\xe2\x82"));
}

BOOST_AUTO_TEST_SUITE_END()
