#include "server/listener.hpp"

#include "server/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <vector>

#include <sys/resource.h>

using namespace millrace;
using namespace millrace::test;

namespace {

/// Whether this machine has IPv6 at all.
bool has_ipv6() {
  auto config = local_settings();
  config.listen.host = "::1";
  try {
    const server::application probe(config);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void check_busy(raw_client& client) {
  client.get("/health");
  const auto response = client.receive();
  BOOST_TEST(response.status == 503);
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Retry-After").value_or("") == "5");
  BOOST_TEST(response.header("Connection").value_or("") == "close");
  BOOST_TEST(response.body.find("\"busy\"") != std::string::npos);
  BOOST_TEST(client.read(1).empty());
  BOOST_TEST((client.ended() == ending::closed));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(listener_test)

BOOST_AUTO_TEST_CASE(clients_beyond_the_limit_are_told_so) {
  auto config = local_settings();
  config.listen.max_clients = 2;
  const running_server server(config);
  std::optional<raw_client> first(std::in_place, server.port());
  raw_client second(server.port());
  BOOST_TEST(eventually([&] { return server.connections() == 2; }));
  for (int i = 0; i < 3; ++i) {
    raw_client third(server.port());
    check_busy(third);
  }
  second.get("/health");
  BOOST_TEST(second.receive().status == 200);
  first.reset();
  BOOST_TEST(eventually([&] { return server.connections() == 1; }));
  BOOST_TEST(server.request("GET", "/health").status == 200);
}

BOOST_AUTO_TEST_CASE(more_refused_clients_than_wait_at_a_time) {
  auto config = local_settings();
  config.listen.max_clients = 1;
  const running_server server(config);
  const raw_client only(server.port());
  BOOST_TEST(eventually([&] { return server.connections() == 1; }));
  std::vector<std::unique_ptr<raw_client>> silent;
  for (int i = 0; i < 100; ++i)
    silent.push_back(std::make_unique<raw_client>(server.port()));
  // Those that do not fit into the waiting room are answered before they ask.
  int answered = 0;
  for (auto& client : silent) {
    const auto response = client->receive();
    answered += response.status == 503 ? 1 : 0;
    BOOST_TEST((client->ended() != ending::timed_out));
  }
  BOOST_TEST(answered == 36);
  BOOST_TEST(server.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(one_address_may_not_take_all) {
  auto config = local_settings();
  config.listen.max_clients_per_address = 1;
  const running_server server(config);
  const raw_client first(server.port());
  BOOST_TEST(eventually([&] { return server.connections() == 1; }));
  raw_client second(server.port());
  check_busy(second);
  raw_client other(server.port(), "127.0.0.1", "127.0.0.2");
  other.get("/health");
  BOOST_TEST(other.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(clients_are_spread_over_the_event_loops) {
  auto config = local_settings();
  config.listen.threads = 3;
  const running_server server(config);
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(std::make_unique<raw_client>(server.port()));
    clients.back()->get("/health");
    BOOST_TEST(clients.back()->receive().status == 200);
  }
  BOOST_TEST(server.connections() == 9U);
}

BOOST_AUTO_TEST_CASE(ipv6, *boost::unit_test::precondition([](auto) { return has_ipv6(); })) {
  auto config = local_settings();
  config.listen.host = "::";
  const running_server server(config);
  for (const auto* host : {"127.0.0.1", "::1"}) {
    raw_client client(server.port(), host);
    client.get("/health");
    BOOST_TEST(client.receive().status == 200);
  }
}

BOOST_AUTO_TEST_CASE(running_out_of_descriptors_is_survived) {
  auto config = local_settings();
  config.listen.threads = 1;
  const running_server server(config);
  BOOST_TEST(server.request("GET", "/health").status == 200);
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));

  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 8; ++i)
    clients.push_back(std::make_unique<raw_client>(server.port()));
  BOOST_TEST(eventually([&] { return server.connections() == 8; }));
  // Below what is open already: the client's own socket is made before, the server's cannot be.
  const int spare = ::socket(AF_INET, SOCK_STREAM, 0);
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(spare) + 1;
  ::close(spare);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  raw_client waiting(server.port());
  waiting.get("/health");
  clients[0]->get("/health");
  const auto during = clients[0]->receive();
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  BOOST_TEST(during.status == 200);
  BOOST_TEST(waiting.receive().status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
