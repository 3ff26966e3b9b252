#include "server/request_target.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

namespace server = millrace::server;
namespace http = millrace::http;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(request_target_test)

struct sample {
  const char* method;
  const char* target;
  const char* path;  ///< null: refused
  const char* query;
  const char* host;
  friend std::ostream& operator<<(std::ostream& to, const sample& s) {
    return to << s.method << " " << s.target;
  }
};

const sample samples[] = {
    {"GET", "/", "/", "", "own:8001"},
    {"GET", "/stream?url=http://a/b?c=d&e#f", "/stream", "url=http://a/b?c=d&e#f", "own:8001"},
    {"GET", "/a%20b/%2e?x=%20", "/a b/.", "x=%20", "own:8001"},
    {"GET", "/a%zz?", "/a%zz", "", "own:8001"},
    {"GET", "//health", "//health", "", "own:8001"},
    {"GET", "http://other/health?a", "/health", "a", "other"},
    {"GET", "HTTPS://other:99", "/", "", "other:99"},
    {"GET", "http://other?q", "/", "q", "other"},
    {"GET", "http://user:secret@other/x", "/x", "", "other"},
    {"OPTIONS", "*", "*", "", "own:8001"},
    {"GET", "*", nullptr, "", ""},
    {"CONNECT", "other:443", nullptr, "", ""},
    {"GET", "ftp://other/", nullptr, "", ""},
    {"GET", "http:///health", nullptr, "", ""},
    {"GET", "health", nullptr, "", ""},
    {"GET", "?a", nullptr, "", ""},
};

BOOST_DATA_TEST_CASE(targets, data::make(samples), s) {
  http::request_head head;
  head.method = s.method;
  head.target = s.target;
  head.fields.add("Host", "own:8001");
  const auto target = server::parse_target(head);
  BOOST_REQUIRE(target.has_value() == (s.path != nullptr));
  if (!target) return;
  BOOST_TEST(target->path == s.path);
  BOOST_TEST(target->query == s.query);
  BOOST_TEST(target->host == s.host);
}

BOOST_AUTO_TEST_SUITE_END()
