#include "http/range_header.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::http;

constexpr byte_offset most = std::numeric_limits<byte_offset>::max();

struct range_case {
  std::string value;
  requested_range range;
};
std::ostream& operator<<(std::ostream& out, const range_case& each) {
  return out << '"' << each.value << '"';
}

const std::vector<range_case> ranges{
    {"bytes=0-0", range_from{0, 0}},
    {"bytes=0-499", range_from{0, 499}},
    {"bytes=500-", range_from{500, std::nullopt}},
    {"bytes=-500", range_suffix{500}},
    {"bytes=-0", range_suffix{0}},
    {"BYTES=007-08", range_from{7, 8}},
    {" bytes= 1-2 ", range_from{1, 2}},
    {"bytes=0-18446744073709551615", range_from{0, most}},
    {"bytes=18446744073709551615-", range_from{most, std::nullopt}},
    {"bytes=-18446744073709551615", range_suffix{most}},
    {"bytes=18446744073709551616-", range_from{most, std::nullopt}},
    {"bytes=0-99999999999999999999999", range_from{0, most}},
    {"bytes=-18446744073709551616", range_suffix{most}},
};

const std::vector<std::string> ignored{
    "",           "bytes",      "bytes=",        "bytes=-",    "bytes=1",
    "bytes=a-b",  "bytes=2-1",  "bytes=0-1,2-3", "bytes=0-,",  "bytes=,",
    "bytes=--1",  "bytes=1--2", "bytes=+1-2",    "bytes=1-+2", "bytes=0x1-2",
    "bytes=1 -2", "bytes=1- 2", "bytes 0-1",     "bytes =0-1", "byte=0-1",
    "items=0-1",  "0-1",        "bytes=1.5-2",   "bytes=-1-2", "bytes=1-2-3"};

struct resolve_case {
  requested_range range;
  byte_offset total;
  std::optional<byte_range> bytes;
};

const std::vector<resolve_case> resolved{
    {range_from{0, 0}, 1, byte_range{0, 1}},
    {range_from{0, std::nullopt}, 10, byte_range{0, 10}},
    {range_from{3, 5}, 10, byte_range{3, 6}},
    {range_from{3, 9}, 10, byte_range{3, 10}},
    {range_from{3, 10}, 10, byte_range{3, 10}},
    {range_from{3, most}, 10, byte_range{3, 10}},
    {range_from{9, std::nullopt}, 10, byte_range{9, 10}},
    {range_from{10, std::nullopt}, 10, std::nullopt},
    {range_from{10, 20}, 10, std::nullopt},
    {range_from{0, std::nullopt}, 0, std::nullopt},
    {range_from{most, std::nullopt}, most, std::nullopt},
    {range_from{most - 1, most}, most, byte_range{most - 1, most}},
    {range_suffix{0}, 10, std::nullopt},
    {range_suffix{1}, 10, byte_range{9, 10}},
    {range_suffix{10}, 10, byte_range{0, 10}},
    {range_suffix{most}, 10, byte_range{0, 10}},
    {range_suffix{5}, 0, std::nullopt},
};

struct content_case {
  std::string value;
  content_range range;
};
std::ostream& operator<<(std::ostream& out, const content_case& each) {
  return out << '"' << each.value << '"';
}

const std::vector<content_case> content_ranges{
    {"bytes 0-0/1", {byte_range{0, 1}, 1}},
    {"bytes 0-499/1234", {byte_range{0, 500}, 1234}},
    {"Bytes  5-9/*", {byte_range{5, 10}, std::nullopt}},
    {"bytes */1234", {std::nullopt, 1234}},
    {"bytes */0", {std::nullopt, 0}},
    {" bytes 0-18446744073709551614/18446744073709551615 ", {byte_range{0, most}, most}},
};

const std::vector<std::string> bad_content_ranges{"",
                                                  "bytes",
                                                  "bytes ",
                                                  "bytes */*",
                                                  "bytes 0-0",
                                                  "bytes 0-0/",
                                                  "bytes 1-0/2",
                                                  "bytes 0-1/1",
                                                  "bytes 0/1",
                                                  "bytes -1/2",
                                                  "bytes 0-/2",
                                                  "bytes=0-0/1",
                                                  "items 0-0/1",
                                                  "bytes 0-0/1/2",
                                                  "bytes a-b/c",
                                                  "bytes 0 -0/1",
                                                  "bytes 0-0 /1",
                                                  "bytes 0-0/ 1",
                                                  "bytes 0-0/1,2",
                                                  "bytes 0-0/-1",
                                                  "bytes 0-0-0/1",
                                                  "bytes 0-18446744073709551615/*",
                                                  "bytes 0-0/18446744073709551616"};

}  // namespace

BOOST_AUTO_TEST_SUITE(range_header)

BOOST_DATA_TEST_CASE(reads_one_range, ranges) {
  const auto parsed = parse_range(sample.value);
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST((*parsed == sample.range));
}

BOOST_DATA_TEST_CASE(ignores_everything_else, ignored) {
  BOOST_TEST(!parse_range(sample).has_value());
}

BOOST_AUTO_TEST_CASE(resolves_against_the_size) {
  for (const auto& each : resolved)
    BOOST_TEST((resolve(each.range, each.total) == each.bytes));
}

BOOST_DATA_TEST_CASE(reads_content_ranges, content_ranges) {
  const auto parsed = parse_content_range(sample.value);
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST((*parsed == sample.range));
}

BOOST_DATA_TEST_CASE(refuses_bad_content_ranges, bad_content_ranges) {
  BOOST_TEST(!parse_content_range(sample).has_value());
}

BOOST_AUTO_TEST_CASE(writes_what_it_reads) {
  BOOST_TEST(format_range({0, 500}) == "bytes=0-499");
  BOOST_TEST(format_content_range({5, 10}, 20) == "bytes 5-9/20");
  BOOST_TEST(format_unsatisfied_range(7) == "bytes */7");
  BOOST_TEST((parse_range(format_range({1, most})) == requested_range(range_from{1, most - 1})));
  BOOST_TEST((parse_content_range(format_content_range({1, most}, most))->range == byte_range{1, most}));
}

BOOST_AUTO_TEST_SUITE_END()
