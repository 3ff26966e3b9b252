#include "server/router.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

namespace server = millrace::server;
using server::find_route;

BOOST_AUTO_TEST_SUITE(router_test)

constexpr std::array table{
    server::route{.pattern = "/things", .methods = "GET, HEAD"},
    server::route{.pattern = "/things", .methods = "POST"},
    server::route{.pattern = "/things/{}", .methods = "GET, HEAD"},
    server::route{.pattern = "/things/{}", .methods = "DELETE"},
    server::route{.pattern = "/a/{}/b/{}", .methods = "GET"},
};

BOOST_AUTO_TEST_CASE(method_and_path_choose) {
  BOOST_TEST(find_route(table, "GET", "/things").found == &table[0]);
  BOOST_TEST(find_route(table, "HEAD", "/things").found == &table[0]);
  BOOST_TEST(find_route(table, "POST", "/things").found == &table[1]);
  BOOST_TEST(find_route(table, "DELETE", "/things/7").found == &table[3]);
}

BOOST_AUTO_TEST_CASE(holes_are_captured) {
  const auto one = find_route(table, "GET", "/things/seven");
  BOOST_TEST(one.found == &table[2]);
  BOOST_REQUIRE(one.captures.size() == 1);
  BOOST_TEST(one.captures[0] == "seven");
  const auto two = find_route(table, "GET", "/a/x/b/y");
  BOOST_REQUIRE(two.captures.size() == 2);
  BOOST_TEST(two.captures[0] == "x");
  BOOST_TEST(two.captures[1] == "y");
}

BOOST_AUTO_TEST_CASE(unknown_paths) {
  for (const auto* path :
       {"/", "", "/thing", "/things/", "/things/a/b", "/thingsa", "/a/x/b", "/a/x/b/", "/a//b/y", "*"}) {
    const auto match = find_route(table, "GET", path);
    BOOST_TEST_CONTEXT(path) {
      BOOST_TEST(!match.found);
      BOOST_TEST(!match.path);
      BOOST_TEST(match.allow.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(other_methods_learn_what_is_allowed) {
  const auto match = find_route(table, "PUT", "/things");
  BOOST_TEST(!match.found);
  BOOST_TEST(match.path == &table[0]);
  BOOST_TEST(match.allow == "GET, HEAD, POST, OPTIONS");
  BOOST_TEST(!find_route(table, "get", "/things").found);
  BOOST_TEST(!find_route(table, "GET, HEAD", "/things").found);
}

BOOST_AUTO_TEST_CASE(own_routes) {
  for (const auto* path : {"/stream", "/health"}) {
    BOOST_TEST(find_route(server::routes(), "GET", path).found);
    BOOST_TEST(find_route(server::routes(), "HEAD", path).found);
    BOOST_TEST(!find_route(server::routes(), "POST", path).found);
  }
  BOOST_TEST(find_route(server::routes(), "GET", "/stream").found->media);
}

BOOST_AUTO_TEST_SUITE_END()
