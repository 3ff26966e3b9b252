#include "server/serve_request.hpp"

#include "server/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(serve_request_test)

BOOST_AUTO_TEST_CASE(unknown_paths_and_methods) {
  const running_server server;
  const auto missing = server.request("GET", "/nothing");
  BOOST_TEST(missing.status == 404);
  BOOST_TEST(missing.body.find("\"not-found\"") != std::string::npos);
  const auto wrong = server.request("POST", "/health");
  BOOST_TEST(wrong.status == 405);
  BOOST_TEST(wrong.header("Allow").value_or("") == "GET, HEAD, OPTIONS");
  BOOST_TEST(wrong.body.find("\"method-not-allowed\"") != std::string::npos);
  BOOST_TEST(!wrong.header("Access-Control-Allow-Origin").has_value());
  BOOST_TEST(server.request("DELETE", "/nothing").status == 404);
}

BOOST_AUTO_TEST_CASE(errors_of_media_routes_may_be_read_by_pages) {
  const running_server server;
  const auto wrong = server.request("POST", "/stream?url=http://127.0.0.1/");
  BOOST_TEST(wrong.status == 405);
  BOOST_TEST(wrong.header("Access-Control-Allow-Origin").value_or("") == "*");
}

BOOST_AUTO_TEST_CASE(errors_keep_the_connection_when_all_was_read) {
  const running_server server;
  raw_client client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.get("/nothing");
    BOOST_TEST(client.receive().status == 404);
  }
}

BOOST_AUTO_TEST_CASE(options) {
  const running_server server;
  raw_client client(server.port());
  client.get("/health", {}, "OPTIONS");
  auto response = client.receive();
  BOOST_TEST(response.status == 204);
  BOOST_TEST(response.header("Allow").value_or("") == "GET, HEAD, OPTIONS");
  BOOST_TEST(!response.header("Content-Length").has_value());
  client.get("*", {}, "OPTIONS");
  response = client.receive();
  BOOST_TEST(response.status == 204);
  BOOST_TEST(response.header("Allow").has_value());
  client.get("/nothing", {}, "OPTIONS");
  BOOST_TEST(client.receive().status == 404);
}

BOOST_AUTO_TEST_CASE(absolute_targets_name_the_host) {
  const running_server server;
  BOOST_TEST(server.request("GET", "http://localhost:8001/health").status == 200);
  BOOST_TEST(server.request("GET", "http://evil.example/health").status == 403);
}

BOOST_AUTO_TEST_CASE(borrowed_names_are_refused) {
  const running_server server;
  raw_client client(server.port());
  client.send("GET /health HTTP/1.1\r\nHost: evil.example:8001\r\n\r\n");
  const auto response = client.receive();
  BOOST_TEST(response.status == 403);
  BOOST_TEST(response.body.find("\"forbidden\"") != std::string::npos);
  BOOST_TEST(response.body.find("--allow-host") != std::string::npos);
  auto config = local_settings();
  config.access.allow_hosts.push_back("evil.example");
  const running_server open(config);
  raw_client other(open.port());
  other.send("GET /health HTTP/1.1\r\nHost: evil.example:8001\r\n\r\n");
  BOOST_TEST(other.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(forwarded_requests_need_a_trusted_proxy) {
  auto config = local_settings();
  config.listen.host = "0.0.0.0";
  {
    const running_server server(config);
    BOOST_TEST(server.request("GET", "/health").status == 200);
    const auto refused = server.request("GET", "/health", "X-Forwarded-For: 10.0.0.7\r\n");
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.body.find("--trusted-proxy") != std::string::npos);
  }
  config.access.trusted_proxies = {"127.0.0.0/8"};
  const running_server server(config);
  BOOST_TEST(server.request("GET", "/health", "X-Forwarded-For: 10.0.0.7\r\n").status == 200);
  BOOST_TEST(server.request("GET", "/health", "X-Forwarded-For: 203.0.113.7\r\n").status == 403);
  BOOST_TEST(server.request("GET", "/health", "Forwarded: for=203.0.113.7\r\n").status == 403);
}

BOOST_AUTO_TEST_CASE(foreign_pages_change_nothing) {
  const running_server server;
  const auto refused = server.request("POST", "/health", "Origin: http://evil.example\r\n");
  BOOST_TEST(refused.status == 403);
  BOOST_TEST(refused.body.find("--allow-origin") != std::string::npos);
  BOOST_TEST(server.request("GET", "/health", "Origin: http://evil.example\r\n").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
