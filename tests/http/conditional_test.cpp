#include "http/conditional.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace::http;
using std::chrono::sys_seconds;

const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
const std::string later = "Sun, 06 Nov 1994 08:49:38 GMT";
const sys_seconds moment{std::chrono::seconds(784111777)};

// RFC 9110 §8.8.3.2
struct match_case {
  std::string a, b;
  bool strong, weak;
};
std::ostream& operator<<(std::ostream& out, const match_case& each) {
  return out << each.a << " and " << each.b;
}
const std::vector<match_case> matches{
    {"W/\"1\"", "W/\"1\"", false, true},
    {"W/\"1\"", "W/\"2\"", false, false},
    {"W/\"1\"", "\"1\"", false, true},
    {"\"1\"", "\"1\"", true, true},
    {"\"1\"", "\"2\"", false, false},
    {"\"\"", "\"\"", true, true},
    {"1", "1", false, false},
    {"w/\"1\"", "w/\"1\"", false, false},
    {"", "", false, false},
    {"\"", "\"", false, false},
    {"\"a\"b\"", "\"a\"b\"", false, false},
    {"\"a b\"", "\"a b\"", false, false},
    {"\"\xc3\xbc\"", "\"\xc3\xbc\"", true, true},
};

struct version_case {
  validator first, other;
  bool same;
};
const std::vector<version_case> versions{
    {{"\"1\"", date}, {"\"1\"", later}, true},
    {{"\"1\"", date}, {"\"2\"", date}, false},
    {{"\"1\"", date}, {"", date}, false},
    {{"\"1\"", ""}, {"W/\"1\"", ""}, false},
    {{"W/\"1\"", date}, {"W/\"2\"", date}, true},
    {{"W/\"1\"", date}, {"W/\"1\"", later}, false},
    {{"", date}, {"\"1\"", date}, true},
    {{"", date}, {"", later}, false},
    {{"", date}, {"", ""}, false},
    {{"", ""}, {"", ""}, true},
    {{"unquoted", ""}, {"other", ""}, true},
};

struct none_match_case {
  std::string value, etag;
  bool hit;
};
std::ostream& operator<<(std::ostream& out, const none_match_case& each) {
  return out << each.value << " against " << each.etag;
}
const std::vector<none_match_case> none_matches{
    {"*", "", true},
    {" * ", "\"1\"", true},
    {"\"1\"", "\"1\"", true},
    {"W/\"1\"", "\"1\"", true},
    {"\"1\"", "W/\"1\"", true},
    {"\"0\", \"1\"", "\"1\"", true},
    {"\"0\",,\tW/\"1\"", "\"1\"", true},
    {"\"a,b\", \"1\"", "\"1\"", true},
    {"\"a,b\"", "\"a,b\"", true},
    {"\"1\"", "\"2\"", false},
    {"\"1\"", "", false},
    {"", "\"1\"", false},
    {"1", "1", false},
    {"\"1", "\"1\"", false},
    {"x, \"1\"", "\"1\"", false},
    {"W/", "W/", false},
};

struct if_range_case {
  std::string value;
  validator current;
  bool holds;
};
const std::vector<if_range_case> if_ranges{
    {"\"1\"", {"\"1\"", ""}, true},
    {" \"1\" ", {"\"1\"", ""}, true},
    {"\"1\"", {"\"2\"", ""}, false},
    {"W/\"1\"", {"W/\"1\"", ""}, false},
    {"\"1\"", {"W/\"1\"", ""}, false},
    {"\"1\"", {"", date}, false},
    {date, {"\"1\"", date}, true},
    {later, {"", date}, false},
    {date, {"", later}, false},
    {date, {"", ""}, false},
    {"yesterday", {"", "yesterday"}, false},
    {"", {"", ""}, false},
};

struct since_case {
  std::string value, modified;
  bool hit;
};
const std::vector<since_case> sinces{
    {date, date, true},   {later, date, true},
    {date, later, false}, {"Sunday, 06-Nov-94 08:49:37 GMT", date, true},
    {"x", date, false},   {date, "x", false},
    {date, "", false},    {"", "", false},
};

const std::vector<std::string> good_dates{date, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                                          "Sun Nov 06 08:49:37 1994"};
const std::vector<std::string> bad_dates{"",
                                         "Sun, 6 Nov 1994 08:49:37 GMT",
                                         "Sun, 06 Nov 94 08:49:37 GMT",
                                         "Sun, 06 Nov 1994 08:49:37",
                                         "Sun, 06 Nov 1994 08:49:37 UTC",
                                         "Sun, 06 Nov 1994 08:49:37 GMT ",
                                         "Sun, 06 nov 1994 08:49:37 GMT",
                                         "Sun, 31 Nov 1994 08:49:37 GMT",
                                         "Sun, 00 Nov 1994 08:49:37 GMT",
                                         "Sun, 06 Nov 1994 24:49:37 GMT",
                                         "Sun, 06 Nov 1994 08:60:37 GMT",
                                         "Sun, 06 Nov 1994 08:49:61 GMT",
                                         "Sun, -6 Nov 1994 08:49:37 GMT",
                                         "Sun, 06 Nov 1994 -0:49:37 GMT",
                                         "Sun, 06 Nov 1994 08:49:3",
                                         "Sun Nov 6 08:49:37 1994",
                                         "1994-11-06T08:49:37Z",
                                         "784111777"};

}  // namespace

BOOST_AUTO_TEST_SUITE(conditional)

BOOST_DATA_TEST_CASE(compares_entity_tags, matches) {
  BOOST_TEST(strong_match(sample.a, sample.b) == sample.strong);
  BOOST_TEST(strong_match(sample.b, sample.a) == sample.strong);
  BOOST_TEST(weak_match(sample.a, sample.b) == sample.weak);
  BOOST_TEST(weak_match(sample.b, sample.a) == sample.weak);
}

BOOST_AUTO_TEST_CASE(tells_versions_apart) {
  for (const auto& [first, other, same] : versions) {
    BOOST_TEST_CONTEXT(first.etag << ' ' << first.last_modified << " | " << other.etag << ' '
                                  << other.last_modified) {
      BOOST_TEST(same_version(first, other) == same);
    }
  }
}

BOOST_DATA_TEST_CASE(if_none_match, none_matches) {
  BOOST_TEST(if_none_match_hits(sample.value, {sample.etag, ""}) == sample.hit);
}

BOOST_AUTO_TEST_CASE(if_range) {
  for (const auto& [value, current, holds] : if_ranges) {
    BOOST_TEST_CONTEXT(value) {
      BOOST_TEST(if_range_holds(value, current) == holds);
    }
  }
}

BOOST_AUTO_TEST_CASE(if_modified_since) {
  for (const auto& [value, modified, hit] : sinces) {
    BOOST_TEST_CONTEXT(value) {
      BOOST_TEST(if_modified_since_hits(value, {"", modified}) == hit);
    }
  }
}

BOOST_DATA_TEST_CASE(reads_the_three_forms_of_dates, good_dates) {
  const auto parsed = parse_http_date(sample);
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST((*parsed == moment));
}

BOOST_DATA_TEST_CASE(refuses_other_dates, bad_dates) {
  BOOST_TEST(!parse_http_date(sample).has_value());
}

BOOST_AUTO_TEST_CASE(two_digit_years_are_at_most_fifty_years_ahead) {
  const auto limit = std::chrono::system_clock::now() + std::chrono::years(51);
  for (int year = 0; year < 100; ++year) {
    const auto digits = std::to_string(100 + year).substr(1);
    const auto parsed = parse_http_date("Sunday, 06-Nov-" + digits + " 08:49:37 GMT");
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST((*parsed < limit));
  }
}

BOOST_AUTO_TEST_CASE(writes_dates) {
  BOOST_TEST(format_http_date(moment) == date);
  BOOST_TEST(format_http_date(sys_seconds{}) == "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_TEST(format_http_date(*parse_http_date("Mon, 29 Feb 2016 23:59:59 GMT")) ==
             "Mon, 29 Feb 2016 23:59:59 GMT");
  BOOST_TEST(format_http_date(*parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT")) ==
             "Sun, 01 Jan 2017 00:00:00 GMT");
}

BOOST_AUTO_TEST_SUITE_END()
