#include "server/shutdown.hpp"

#include "server/fixture.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <vector>

using namespace millrace;
using namespace millrace::test;

namespace {

const std::string health = "GET /health HTTP/1.1\r\nHost: localhost\r\n";

bool refuses_clients(const running_server& server) {
  try {
    const raw_client client(server.port());
    return false;
  } catch (const std::exception&) {
    return true;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shutdown_test)

BOOST_AUTO_TEST_CASE(without_clients_it_ends_at_once) {
  running_server server;
  const auto before = std::chrono::steady_clock::now();
  server.stop();
  server.join();
  BOOST_TEST((std::chrono::steady_clock::now() - before < std::chrono::seconds(4)));
}

BOOST_AUTO_TEST_CASE(kept_connections_learn_it_and_are_closed) {
  auto config = local_settings();
  config.listen.drain_timeout = std::chrono::seconds(60);
  running_server server(config);
  raw_client idle(server.port());
  idle.send(health + "\r\n");
  BOOST_TEST(idle.receive().status == 200);
  raw_client busy(server.port());
  busy.send(health + "Content-Length: 4\r\n\r\nab");
  BOOST_TEST(eventually([&] { return server.connections() == 2; }));

  server.stop();
  BOOST_TEST(eventually([&] { return refuses_clients(server); }));
  idle.send(health + "\r\n");
  const auto response = idle.receive();
  BOOST_TEST(response.status == 503);
  BOOST_TEST(response.body.find(R"("status":"draining")") != std::string::npos);
  BOOST_TEST(response.header("Connection").value_or("") == "close");
  BOOST_TEST(idle.read(1).empty());
  BOOST_TEST((idle.ended() == ending::closed));

  BOOST_TEST(!server.ended());
  busy.send("cd");
  BOOST_TEST(busy.receive().status == 503);
  BOOST_TEST(busy.read(1).empty());
  // The last connection has gone: nobody waits for the rest of the minute.
  BOOST_TEST(eventually([&] { return server.ended(); }));
}

BOOST_AUTO_TEST_CASE(the_grace_ends) {
  auto config = local_settings();
  config.listen.drain_timeout = std::chrono::milliseconds(50);
  running_server server(config);
  raw_client idle(server.port());
  BOOST_TEST(eventually([&] { return server.connections() == 1; }));
  server.stop();
  server.join();
  BOOST_TEST(idle.read(1).empty());
  BOOST_TEST((idle.ended() == ending::closed));
  BOOST_TEST(server.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(the_second_request_ends_it_at_once) {
  auto config = local_settings();
  config.listen.drain_timeout = std::chrono::seconds(600);
  running_server server(config);
  raw_client busy(server.port());
  busy.send(health + "Content-Length: 4\r\n\r\nab");
  BOOST_TEST(eventually([&] { return server.connections() == 1; }));
  server.stop();
  BOOST_TEST(eventually([&] { return refuses_clients(server); }));
  BOOST_TEST(!server.ended());
  server.stop();
  server.join();
  BOOST_TEST(server.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_that_waits_for_its_upstream_is_ended) {
  // Takes connections into its backlog and never answers.
  boost::asio::io_context loop;
  const boost::asio::ip::tcp::acceptor silent(loop, {boost::asio::ip::address_v4::loopback(), 0});
  const auto target =
      "/stream?url=http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/film.mp4";
  auto config = local_settings();
  config.listen.drain_timeout = std::chrono::milliseconds(50);
  running_server server(config);
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<raw_client>(server.port()));
    clients.back()->get(target);
  }
  BOOST_TEST(eventually([&] { return server.connections() == clients.size(); }));
  clients.pop_back();
  BOOST_TEST(eventually([&] { return server.connections() == clients.size(); }));
  server.stop();
  server.join();
  BOOST_TEST(server.connections() == 0U);
  BOOST_TEST(server.shared().buffers.used() == 0U);
  BOOST_TEST(server.shared().statistics.active_streams.load() == 0U);
}

BOOST_AUTO_TEST_CASE(refused_clients_do_not_delay_it) {
  auto config = local_settings();
  config.listen.max_clients = 1;
  running_server server(config);
  const raw_client only(server.port());
  BOOST_TEST(eventually([&] { return server.connections() == 1; }));
  const raw_client refused(server.port());
  server.stop();
  server.stop();
  server.join();
  BOOST_TEST(server.connections() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
