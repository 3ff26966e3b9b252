#include "hls/values.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace;

constexpr std::int64_t none = -1;

struct number_case {
  std::string text;
  std::int64_t number;
};
std::ostream& operator<<(std::ostream& out, const number_case& each) {
  return out << each.text;
}
const std::vector<number_case> numbers{
    {"0", 0},
    {"7", 7},
    {"007", 7},
    {" 7 ", 7},
    {"1152921504606846976", std::int64_t{1} << 60},
    {"", none},
    {"-1", none},
    {"+1", none},
    {"1x", none},
    {"1.0", none},
    {"0x10", none},
    {"1152921504606846977", none},
    {"99999999999999999999999", none},
};

struct seconds_case {
  std::string text;
  std::int64_t microseconds;
};
std::ostream& operator<<(std::ostream& out, const seconds_case& each) {
  return out << each.text;
}
const std::vector<seconds_case> good_seconds{
    {"10", 10'000'000},
    {"10,", 10'000'000},
    {"9.009,Title, with comma", 9'009'000},
    {"0.1", 100'000},
    {".5", 500'000},
    {"5.", 5'000'000},
    {"6.0060061", 6'006'006},
    {"-1 tvg-id=\"x\",Channel", -1'000'000},
    {"+2", 2'000'000},
    {" 3 ,x", 3'000'000},
    {"1.1234567890123456789012", 1'123'456},
};

struct range_case {
  std::string text;
  std::int64_t length, offset;
};
std::ostream& operator<<(std::ostream& out, const range_case& each) {
  return out << each.text;
}
const std::vector<range_case> ranges{
    {"100@5", 100, 5}, {"100", 100, none}, {"100@0", 100, 0}, {" 100 @ 5 ", 100, 5}, {"0", 0, none},
};

BOOST_AUTO_TEST_SUITE(values)

BOOST_DATA_TEST_CASE(numbers_are_read, boost::unit_test::data::make(numbers), each) {
  BOOST_TEST(hls::parse_number(each.text).value_or(none) == each.number);
}

BOOST_DATA_TEST_CASE(seconds_are_read, boost::unit_test::data::make(good_seconds), each) {
  const auto read = hls::parse_seconds(each.text);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->count() == each.microseconds);
}

BOOST_DATA_TEST_CASE(other_seconds_are_refused,
                     boost::unit_test::data::make(std::vector<std::string>{"", "x", ",", "-", "--1", "NaN",
                                                                           "99999999999999999999"}),
                     text) {
  BOOST_TEST(!hls::parse_seconds(text));
}

BOOST_DATA_TEST_CASE(ranges_are_read, boost::unit_test::data::make(ranges), each) {
  const auto read = hls::parse_sub_range(each.text);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->length == each.length);
  BOOST_TEST(read->offset.value_or(none) == each.offset);
}

BOOST_DATA_TEST_CASE(other_ranges_are_refused,
                     boost::unit_test::data::make(std::vector<std::string>{"", "@", "@5", "5@", "a@b",
                                                                           "-1@0"}),
                     text) {
  BOOST_TEST(!hls::parse_sub_range(text));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
