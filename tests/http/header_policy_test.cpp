#include "http/header_policy.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::http;

struct name_case {
  std::string name;
  bool hop_by_hop;
  bool reserved;
  bool credential;
};
std::ostream& operator<<(std::ostream& out, const name_case& each) {
  return out << each.name;
}

const std::vector<name_case> names{
    {"Connection", true, true, false},
    {"keep-alive", true, true, false},
    {"Proxy-Connection", true, true, false},
    {"Proxy-Authenticate", true, true, false},
    {"proxy-authorization", true, true, true},
    {"TE", true, true, false},
    {"Trailer", true, true, false},
    {"TRANSFER-ENCODING", true, true, false},
    {"Upgrade", true, true, false},
    {"Host", false, true, false},
    {"range", false, true, false},
    {"If-Range", false, true, false},
    {"if-none-match", false, true, false},
    {"IF-Anything", false, true, false},
    {"Accept-Encoding", false, true, false},
    {"Content-Length", false, true, false},
    {"content-type", false, true, false},
    {"Expect", false, true, false},
    {"Authorization", false, false, true},
    {"cookie", false, false, true},
    {"User-Agent", false, false, false},
    {"Referer", false, false, false},
    {"Origin", false, false, false},
    {"Accept", false, false, false},
    {"Trailers", false, false, false},
    {"If", false, false, false},
    {"Iffy", false, false, false},
    {"Content", false, false, false},
    {"Ranger", false, false, false},
    {"X-Host", false, false, false},
    {"", false, false, false},
};

const std::vector<std::string> bad_lines{"",
                                         "X",
                                         ": x",
                                         " X: y",
                                         "X : y",
                                         "X Y: z",
                                         "\xc3\xbc: y",
                                         "X(): y",
                                         "Host: a",
                                         "range: x",
                                         "If-Match: x",
                                         "TE: x",
                                         "Content-Md5: x",
                                         "X: a\r\nY: b",
                                         "X: a\nb",
                                         "X: a\rb",
                                         "X: \x01",
                                         "X: \x7f",
                                         "X\r\n: y",
                                         "X: y\r\n",
                                         "X\t: y",
                                         "Expect: 1",
                                         "Upgrade: h2",
                                         "Proxy-X: y",
                                         "Connection: TE",
                                         "X: \x1b[31m",
                                         std::string("X: a\0b", 6)};

}  // namespace

BOOST_AUTO_TEST_SUITE(header_policy)

BOOST_DATA_TEST_CASE(knows_the_names, names) {
  BOOST_TEST(is_hop_by_hop(sample.name) == sample.hop_by_hop);
  BOOST_TEST(is_reserved(sample.name) == sample.reserved);
  BOOST_TEST(is_credential(sample.name) == sample.credential);
}

BOOST_AUTO_TEST_CASE(takes_good_lines) {
  const auto parsed = parse_given_header("Referer: http://a/b:c \t");
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->name == "Referer");
  BOOST_TEST(parsed->value == "http://a/b:c");
  BOOST_TEST(parse_given_header("X-A:b")->value == "b");
  BOOST_TEST(parse_given_header("X-A:")->value.empty());
  BOOST_TEST(parse_given_header("X-A: \xc3\xbc\tx")->value == "\xc3\xbc\tx");
  BOOST_TEST(parse_given_header("Authorization: Basic eA==")->value == "Basic eA==");
}

BOOST_DATA_TEST_CASE(refuses_bad_lines, bad_lines) {
  const auto parsed = parse_given_header(sample);
  BOOST_REQUIRE(!parsed.has_value());
  BOOST_TEST(parsed.error() == make_error_code(errc::invalid_header));
}

BOOST_AUTO_TEST_CASE(checks_names_and_values_apart) {
  BOOST_TEST(check_given_header("X", " y ")->value == "y");
  BOOST_TEST(!check_given_header("", "y").has_value());
  BOOST_TEST(!check_given_header("X:", "y").has_value());
  BOOST_TEST(!check_given_header("X", "y\n").has_value());
  BOOST_TEST(!check_given_header("content-range", "y").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
