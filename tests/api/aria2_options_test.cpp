#include "api/aria2_options.hpp"

#include "api/aria2_support.hpp"

#include <boost/test/data/test_case.hpp>

#include <ostream>

namespace millrace::api {

namespace {

namespace data = boost::unit_test::data;

rpc_result<add_uri_request> parse(const std::string& options) {
  return parse_add_uri(array(R"([["https://u:p@host:8443/a b?c=1#d", "http://mirror/"], )" + options + "]"));
}

/// All headers as they would be sent.
std::string headers(const add_uri_request& request) {
  std::string all;
  for (const auto& [name, value] : request.definition.headers)
    all += name + ": " + value + "|";
  return all;
}

struct expectation {
  std::string options;
  std::string expected;
};
std::ostream& operator<<(std::ostream& out, const expectation& what) {
  return out << what.options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(aria2_options)

const expectation sent[] = {
    {"{}", ""},
    {R"({"header": []})", ""},
    {R"({"header": ""})", ""},
    {R"({"header": "Cookie: a=b; c=d"})", "Cookie: a=b; c=d|"},
    {R"({"header": ["Cookie: a", "X-A:b", "Authorization: Basic eA=="]})",
     "Cookie: a|X-A: b|Authorization: Basic eA==|"},
    {R"({"header": "Cookie: a\nX-A: b\r\n\nX-C:  d  "})", "Cookie: a|X-A: b|X-C: d|"},
    {R"({"header": ["Cookie: a\nX-A: b", "X-C: d"]})", "Cookie: a|X-A: b|X-C: d|"},
    {R"({"header": "User-Agent: h", "user-agent": "o"})", "User-Agent: h|"},
    {R"({"referer": "http://page/"})", "Referer: http://page/|"},
    {R"({"referer": ""})", ""},
    {R"({"referer": "*"})", "Referer: https://host:8443/a%20b?c=1|"},
    {R"({"referer": "http://page/", "header": "referer: http://other/"})", "referer: http://other/|"},
    {R"({"dir": 1, "pause": true, "out-of-the-world": null, "all-proxy": {}})", ""},
};
BOOST_DATA_TEST_CASE(headers_are_sent, data::make(sent), each) {
  const auto got = parse(each.options);
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(headers(*got) == each.expected);
}

const expectation named[] = {
    {R"({"out": "film.mkv"})", "film.mkv"},
    {R"({"out": "a/b/film.mkv"})", "film.mkv"},
    {R"({"out": "..\\..\\film.mkv"})", "film.mkv"},
    {R"({"out": "../../etc/passwd"})", "passwd"},
    {R"({"out": "f\r\nX: y.mkv"})", "f__X_ y.mkv"},
    {R"({"out": "f\u0000.mkv"})", "f_.mkv"},
    {R"({"out": ""})", ""},
    {R"({"out": "folder/"})", ""},
    {R"({"out": ".."})", ""},
    {"{}", ""},
};
BOOST_DATA_TEST_CASE(out_is_a_file_name, data::make(named), each) {
  const auto got = parse(each.options);
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(got->out == each.expected);
}

const std::pair<std::string, unsigned> counted[] = {
    {"{}", 0},
    {R"({"split": "5"})", 5},
    {R"({"split": 5})", 5},
    {R"({"max-connection-per-server": "16"})", 16},
    {R"({"split": "5", "max-connection-per-server": 3})", 3},
    {R"({"split": 2, "max-connection-per-server": "16"})", 2},
    {R"({"split": "99999999999999999999999"})", 4294967295U},
    {R"({"split": 4294967296})", 4294967295U},
};
BOOST_AUTO_TEST_CASE(the_smaller_number_of_connections_counts) {
  for (const auto& [options, expected] : counted) {
    const auto got = parse(options);
    BOOST_REQUIRE_MESSAGE(got.has_value(), options);
    BOOST_TEST(got->connections == expected, options);
  }
}

const expectation wrong[] = {
    {R"({"header": 1})", "header must be a string or a list of strings."},
    {R"({"header": ["A: b", 1]})", "header must be a list of strings."},
    {R"({"header": "Host: x"})", "header is no \"Name: value\" that may be sent upstream: Host"},
    {R"({"header": ["A: b", "range: bytes=0-1"]})",
     "header is no \"Name: value\" that may be sent upstream: range"},
    {R"({"header": "no colon"})", "header is no \"Name: value\" that may be sent upstream: no colon"},
    {R"({"header": ": x"})", "header is no \"Name: value\" that may be sent upstream: "},
    {R"({"header": "A b: x"})", "header is no \"Name: value\" that may be sent upstream: A b"},
    {R"({"header": "A: x\u0000y"})", "header is no \"Name: value\" that may be sent upstream: A"},
    {R"({"header": "A: x\ry"})", "header is no \"Name: value\" that may be sent upstream: A"},
    {R"({"header": "A: )" + std::string(9000, 'x') + R"("})", "header is longer than 8192 bytes: A"},
    {R"({"user-agent": 1})", "user-agent must be a string."},
    {R"({"user-agent": "a\nb"})", "user-agent must not hold control characters."},
    {R"({"user-agent": ")" + std::string(9000, 'x') + R"("})", "user-agent is longer than 8192 bytes."},
    {R"({"referer": null})", "referer must be a string."},
    {R"({"referer": "http://a/\r\nX: y"})", "referer must not hold control characters."},
    {R"({"referer": "x\r\ny", "header": "Referer: a"})", "referer must not hold control characters."},
    {R"({"referer": ")" + std::string(9000, 'x') + R"("})", "referer is longer than 8192 bytes."},
    {R"({"out": ["a"]})", "out must be a string."},
    {R"({"split": "0"})", "split must be greater than or equal to 1."},
    {R"({"split": -1})", "split must be greater than or equal to 1."},
    {R"({"split": "5x"})", "split must be greater than or equal to 1."},
    {R"({"split": ""})", "split must be greater than or equal to 1."},
    {R"({"split": 1.5})", "split must be greater than or equal to 1."},
    {R"({"split": true})", "split must be greater than or equal to 1."},
    {R"({"max-connection-per-server": "a"})",
     "max-connection-per-server must be greater than or equal to 1."},
};
BOOST_DATA_TEST_CASE(a_wrong_option_is_named, data::make(wrong), each) {
  const auto got = parse(each.options);
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST((got.error().code == rpc_code::invalid_params));
  BOOST_TEST(got.error().message == each.expected);
}

BOOST_AUTO_TEST_CASE(so_many_headers_are_taken) {
  std::string lines;
  for (int i = 0; i < 100; ++i)
    lines += "A: b\\n";
  BOOST_REQUIRE(parse(R"({"header": ")" + lines + R"("})").has_value());
  const auto more = parse(R"({"header": [")" + lines + R"(", "A: b"]})");
  BOOST_REQUIRE(!more.has_value());
  BOOST_TEST(more.error().message == "header has more than 100 lines.");
}

BOOST_AUTO_TEST_CASE(an_own_uri_too_long_for_a_header_is_no_referer) {
  const auto got =
      parse_add_uri(array("[[\"http://a/" + std::string(10'000, 'x') + R"("], {"referer": "*"}])"));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(got->definition.headers.empty());
}

BOOST_AUTO_TEST_CASE(used_options_are_kept_as_they_were_given) {
  const auto got = parse(R"({"split": 4, "out": "a/b", "user-agent": " me ", "referer": "*", "dir": "/",
                             "header": ["A: b", "C:d"], "max-connection-per-server": "016"})");
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(got->definition.user_agent == "me");
  const registry::pairs expected{{"header", "A: b\nC:d"}, {"user-agent", " me "},
                                 {"referer", "*"},        {"out", "a/b"},
                                 {"split", "4"},          {"max-connection-per-server", "016"}};
  BOOST_TEST((got->options == expected));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::api
