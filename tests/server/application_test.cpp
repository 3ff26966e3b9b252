#include "server/application.hpp"

#include "core/options.hpp"
#include "server/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>

using namespace millrace;
using namespace millrace::test;

namespace {

auto says(std::string what) {
  return [what](const std::exception& error) {
    BOOST_TEST_MESSAGE(error.what());
    return std::string_view(error.what()).find(what) != std::string_view::npos &&
           std::string_view(error.what()).find('\n') == std::string_view::npos;
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(application_test)

BOOST_AUTO_TEST_CASE(the_address_has_the_real_port) {
  const running_server server;
  BOOST_TEST(server.port() != 0);
  const server::application other(local_settings());
  BOOST_TEST(other.address() == "http://127.0.0.1:" + std::to_string(other.port()));
  BOOST_TEST(other.port() != server.port());
}

BOOST_AUTO_TEST_CASE(a_port_in_use) {
  const running_server server;
  auto config = local_settings();
  config.listen.port = server.port();
  BOOST_CHECK_EXCEPTION(server::application{config}, std::runtime_error, says(std::to_string(server.port())));
}

BOOST_AUTO_TEST_CASE(a_ca_file_that_cannot_be_read) {
  auto config = local_settings();
  config.upstream.ca_file = "/nowhere/ca.pem";
  BOOST_CHECK_EXCEPTION(server::application{config}, std::runtime_error, says("/nowhere/ca.pem"));
}

BOOST_AUTO_TEST_CASE(bad_rules_are_bad_options) {
  auto config = local_settings();
  config.upstream.allow = {"10.0.0.0/99"};
  BOOST_CHECK_EXCEPTION(server::application{config}, option_error, says("10.0.0.0/99"));
  config = local_settings();
  config.access.trusted_proxies = {"proxy.example"};
  BOOST_CHECK_EXCEPTION(server::application{config}, option_error, says("proxy.example"));
  config = local_settings();
  config.listen.host = "example.com";
  BOOST_CHECK_EXCEPTION(server::application{config}, option_error, says("example.com"));
}

BOOST_AUTO_TEST_CASE(an_application_that_never_ran) {
  server::application app(local_settings());
  app.stop();
}

BOOST_AUTO_TEST_CASE(stopped_before_it_runs) {
  server::application app(local_settings());
  app.stop();
  app.run();
}

BOOST_AUTO_TEST_CASE(a_signal_stops_it) {
  server::application app(local_settings());
  app.stop_on_signals();
  std::thread runner([&] { app.run(); });
  raw_client client(app.port());
  client.get("/health", "Connection: close\r\n");
  BOOST_TEST(client.receive().status == 200);
  std::raise(SIGTERM);
  runner.join();
}

BOOST_AUTO_TEST_CASE(many_servers_in_one_process) {
  for (int i = 0; i < 5; ++i) {
    const running_server one;
    const running_server other;
    BOOST_TEST(one.request("GET", "/health").status == 200);
    BOOST_TEST(other.request("GET", "/health").status == 200);
  }
}

BOOST_AUTO_TEST_SUITE_END()
