#include "api/json_document.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <random>
#include <string>

namespace millrace::api {

namespace {

namespace data = boost::unit_test::data;

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_document)

const std::string refused[] = {
    "",         " \n",       "{",           "}",        "{\"a\":1",     "{\"a\":1,}", "[1] 2",
    "{} {}",    "nul",       "'a'",         "{a:1}",    "01",           "1.",         "+1",
    "\"\xff\"", "\"\xc3(\"", "\"\\ud800\"", "\"\x01\"", "[1,]",         "// c\n1",    "\xef\xbb\xbf{}",
    "1e400",    "[-1e999]",  "NaN",         "Infinity", "{\"\xff\":1}", nested(33),   std::string("1\0", 2)};
BOOST_DATA_TEST_CASE(what_is_no_json_is_refused, data::make(refused), text) {
  BOOST_TEST(!parse_json(text).has_value());
}

const std::string accepted[] = {"null", " 1 \r\n\t",    "{}",       "[]",    "\"\"",
                                "true", "{\"a\":[{}]}", nested(32), "1e-400"};
BOOST_DATA_TEST_CASE(every_value_is_accepted, data::make(accepted), text) {
  BOOST_TEST(parse_json(text).has_value());
}

const std::string unharmed[] = {"0",
                                "-1",
                                "9007199254740993",
                                "9223372036854775807",
                                "-9223372036854775808",
                                "18446744073709551615",
                                "\"\\u0000\xf0\x9f\x8e\xac\"",
                                "[null,true,\"a\"]",
                                "{\"a\":{\"b\":[1,\"\"]},\"c\":false}"};
BOOST_DATA_TEST_CASE(what_is_read_is_written_again, data::make(unharmed), text) {
  const auto parsed = parse_json(text);
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(boost::json::serialize(*parsed) == text);
}

BOOST_AUTO_TEST_CASE(long_strings_and_keys_are_whole) {
  const std::string text(100'000, 'x');
  const auto parsed = parse_json("{\"" + text + "\": \"" + text + "\\n" + text + "\"}");
  BOOST_REQUIRE(parsed.has_value());
  const auto& object = parsed->get_object();
  BOOST_REQUIRE(object.contains(text));
  BOOST_TEST(std::string(object.at(text).get_string()) == text + "\n" + text);
}

BOOST_AUTO_TEST_CASE(the_last_of_several_members_counts) {
  BOOST_TEST(parse_json("{\"a\":1,\"a\":2}")->get_object().at("a").get_int64() == 2);
}

BOOST_AUTO_TEST_CASE(fractions_are_rounded_correctly) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const double number =
        std::ldexp(static_cast<double>(random() >> 11U), static_cast<int>(random() % 200) - 150);
    std::array<char, 64> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::scientific);
    const std::string text(digits.data(), end.ptr);
    const auto parsed = parse_json(text);
    BOOST_REQUIRE(parsed.has_value() && parsed->is_double());
    BOOST_REQUIRE(parsed->get_double() == number);
    const auto again = parse_json(boost::json::serialize(*parsed));
    BOOST_REQUIRE(again.has_value() && again->get_double() == number);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::api
