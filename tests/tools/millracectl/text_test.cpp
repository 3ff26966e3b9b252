#include "millracectl/text.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::ctl;

BOOST_AUTO_TEST_SUITE(text_test)

BOOST_AUTO_TEST_CASE(printable_text_stays_a_line_of_text) {
  BOOST_TEST(printable("plain ÄÖ 日本 🎬") == "plain ÄÖ 日本 🎬");
  BOOST_TEST(printable("a\nb\tc\rd") == "a b cd");
  BOOST_TEST(printable("\x1b]0;title\x07\x1b[2J") == "]0;title[2J");
  BOOST_TEST(printable("\xc2\x9b"
                       "31m\x7f") == "31m");
  BOOST_TEST(printable("a\xe2\x80\xae"
                       "b\xe2\x81\xa6"
                       "c\xe2\x80\x8b"
                       "d\xef\xbb\xbf") == "abcd");
  BOOST_TEST(printable("\xff\xc3(\xed\xa0\x80") == "\ufffd\ufffd(\ufffd\ufffd\ufffd");
  BOOST_TEST(printable(std::string_view("a\0b", 3)) == "ab");
}

BOOST_AUTO_TEST_CASE(widths) {
  BOOST_TEST(display_width("") == 0U);
  BOOST_TEST(display_width("abc") == 3U);
  BOOST_TEST(display_width("Äé…") == 3U);
  BOOST_TEST(display_width("e\u0301") == 1U);
  BOOST_TEST(display_width("日本") == 4U);
  BOOST_TEST(display_width("한") == 2U);
  BOOST_TEST(display_width("🎬") == 2U);
  BOOST_TEST(display_width("Ελ Рус") == 6U);
}

BOOST_AUTO_TEST_CASE(shortening) {
  BOOST_TEST(shortened("abc", 3) == "abc");
  BOOST_TEST(shortened("abcd", 3) == "ab…");
  BOOST_TEST(shortened("日本語", 6) == "日本語");
  BOOST_TEST(shortened("日本語", 5) == "日本…");
  BOOST_TEST(shortened("日本語", 4) == "日…");
  BOOST_TEST(shortened("abc", 1) == "…");
  BOOST_TEST(shortened("abc", 0) == "");
}

BOOST_AUTO_TEST_CASE(wrapping) {
  BOOST_TEST(wrapped("", "one two three", 0, 9) == "one two\nthree\n");
  BOOST_TEST(wrapped("ab  ", "one two three", 4, 11) == "ab  one two\n    three\n");
  BOOST_TEST(wrapped("", "unbreakable", 0, 4) == "unbreakable\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
