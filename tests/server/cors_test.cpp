#include "server/cors.hpp"

#include <boost/test/unit_test.hpp>

namespace server = millrace::server;
namespace http = millrace::http;

BOOST_AUTO_TEST_SUITE(cors_test)

BOOST_AUTO_TEST_CASE(any_page_may_read_what_players_need) {
  http::field_list fields;
  server::add_cors(fields);
  server::add_cors(fields);
  BOOST_TEST(fields.count("Access-Control-Allow-Origin") == 1);
  BOOST_TEST(fields.get("Access-Control-Allow-Origin") == "*");
  for (const auto* name :
       {"Content-Length", "Content-Range", "Accept-Ranges", "Content-Type", "Content-Disposition", "ETag",
        "Last-Modified", "X-Client-ID", "X-Stream-ID", "Retry-After"}) {
    BOOST_TEST(fields.has_token("Access-Control-Expose-Headers", name), name);
  }
}

BOOST_AUTO_TEST_CASE(preflight) {
  http::field_list fields;
  server::add_preflight(fields, "GET, HEAD, OPTIONS");
  BOOST_TEST(fields.has_token("Access-Control-Allow-Methods", "HEAD"));
  BOOST_TEST(fields.has_token("Access-Control-Allow-Headers", "Range"));
  BOOST_TEST(!fields.get("Access-Control-Max-Age").empty());
}

BOOST_AUTO_TEST_SUITE_END()
