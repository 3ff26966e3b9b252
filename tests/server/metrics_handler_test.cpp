#include "server/metrics_handler.hpp"

#include "server/control_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(metrics_handler_test)

BOOST_FIXTURE_TEST_CASE(the_page, control_fixture) {
  const auto one = add("http://192.0.2.7/very-private-name");
  const auto running = play(one, "private-client", 42);
  BOOST_TEST(server.request("GET", "/health").status == 200);
  // A request is counted at its end, when the client has its answer already.
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
  const auto response = server.request("GET", "/metrics");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Content-Type").value_or("") == "text/plain; version=0.0.4; charset=utf-8");
  BOOST_TEST(response.header("Cache-Control").value_or("") == "no-store");
  for (const auto* line : {
           "\nmillrace_client_bytes_total 42\n",
           "\nmillrace_streams_active 1\n",
           "\nmillrace_clients_active 1\n",
           "\nmillrace_streams_registered 1\n",
           "\nmillrace_client_connections_open 1\n",
           "\nmillrace_requests_total{route=\"/health\",status=\"200\"} 1\n",
       })
    BOOST_TEST(response.body.find(line) != std::string::npos, line);
  for (const auto& secret : {std::string("private"), one->id(), std::string("192.0.2")})
    BOOST_TEST(response.body.find(secret) == std::string::npos, secret);
  check_head(server, "/metrics");
}

BOOST_AUTO_TEST_SUITE_END()
