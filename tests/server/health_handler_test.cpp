#include "server/health_handler.hpp"

#include "core/version.hpp"
#include "server/fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(health_handler_test)

BOOST_AUTO_TEST_CASE(healthy) {
  const running_server server;
  const auto response = server.request("GET", "/health");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.header("Content-Type").value_or("") == "application/json");
  const auto body = boost::json::parse(response.body).as_object();
  BOOST_TEST(body.size() == 6U);
  BOOST_TEST(body.at("status").as_string() == "healthy");
  BOOST_TEST(std::string_view(body.at("version").as_string()) == version());
  for (const auto* name : {"uptime_seconds", "active_streams", "active_clients", "total_bytes_served"}) {
    BOOST_TEST(body.at(name).is_number(), name);
  }
  BOOST_TEST(body.at("active_streams").to_number<int>() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
