#include "http/problem.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace::http;

struct code_case {
  problem_code code;
  unsigned status;
  std::string name;
};
std::ostream& operator<<(std::ostream& out, const code_case& each) {
  return out << each.name << ' ' << each.status;
}

const std::vector<code_case> codes{
    {problem_code::bad_request, 400, "bad-request"},
    {problem_code::unauthorized, 401, "unauthorized"},
    {problem_code::forbidden, 403, "forbidden"},
    {problem_code::no_range, 403, "no-range"},
    {problem_code::upstream_forbidden, 403, "upstream-forbidden"},
    {problem_code::not_found, 404, "not-found"},
    {problem_code::method_not_allowed, 405, "method-not-allowed"},
    {problem_code::request_timeout, 408, "timeout"},
    {problem_code::conflict, 409, "conflict"},
    {problem_code::too_large, 413, "bad-request"},
    {problem_code::head_too_large, 431, "bad-request"},
    {problem_code::range, 416, "range"},
    {problem_code::invalid, 422, "invalid"},
    {problem_code::redirect, 502, "redirect"},
    {problem_code::upstream, 502, "upstream"},
    {problem_code::not_a_playlist, 502, "not-a-playlist"},
    {problem_code::busy, 503, "busy"},
    {problem_code::timeout, 504, "timeout"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(problem_document)

BOOST_DATA_TEST_CASE(every_code_has_a_name_and_a_status, codes) {
  problem value;
  value.code = sample.code;
  value.detail = "what happened";
  BOOST_TEST(name_of(sample.code) == sample.name);
  BOOST_TEST(status_of(value) == sample.status);
  const auto document = boost::json::parse(to_json(value)).as_object();
  BOOST_TEST(document.size() == 5U);
  BOOST_TEST(document.at("status").to_number<unsigned>() == sample.status);
  BOOST_TEST(std::string(document.at("code").as_string()) == sample.name);
  BOOST_TEST(document.at("title").as_string() != "Unknown");
}

BOOST_AUTO_TEST_CASE(looks_as_promised) {
  BOOST_TEST(
      to_json({problem_code::no_range, "no \"ranges\"\n", std::nullopt}) ==
      R"({"type":"about:blank","title":"Forbidden","status":403,"detail":"no \"ranges\"\n","code":"no-range"})");
  BOOST_TEST(to_json({problem_code::upstream, "", 410}) ==
             R"({"type":"about:blank","title":"Gone","status":410,"detail":"","code":"upstream"})");
}

BOOST_AUTO_TEST_CASE(details_become_utf8) {
  const auto text = to_json({problem_code::upstream, "\xc3\xbc \xff \xe2\x82", std::nullopt});
  const auto document = boost::json::parse(text).as_object();
  BOOST_TEST(std::string(document.at("detail").as_string()) ==
             "\xc3\xbc \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd");
}

BOOST_AUTO_TEST_SUITE_END()
