#include "server/session.hpp"

#include "server/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <vector>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(session_test)

BOOST_AUTO_TEST_CASE(one_connection_serves_many_requests) {
  const running_server server;
  raw_client client(server.port());
  for (int i = 0; i < 100; ++i) {
    client.get("/health");
    const auto response = client.receive();
    BOOST_REQUIRE(response.status == 200);
    BOOST_REQUIRE(response.complete);
    BOOST_TEST(!response.header("Connection").has_value());
  }
  BOOST_TEST(server.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(responses_say_who_and_when) {
  const running_server server;
  const auto response = server.request("GET", "/health");
  BOOST_TEST(response.header("Server").value_or("").starts_with("millrace/"));
  BOOST_TEST(response.header("Date").value_or("").ends_with(" GMT"));
  BOOST_TEST(response.header("Connection").value_or("") == "close");
}

BOOST_AUTO_TEST_CASE(a_head_may_come_byte_by_byte) {
  const running_server server;
  raw_client client(server.port());
  for (const char byte : std::string("\r\nGET /health HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n\r\n")) {
    client.send(std::string_view(&byte, 1));
  }
  BOOST_TEST(client.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  const running_server server;
  raw_client client(server.port());
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests += i % 2 == 0 ? "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                           : "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 100; ++i)
    BOOST_REQUIRE_EQUAL(client.receive().status, i % 2 == 0 ? 200 : 404);
}

BOOST_AUTO_TEST_CASE(after_close_nothing_more_is_answered) {
  const running_server server;
  raw_client client(server.port());
  client.send(
      "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
      "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto response = client.receive();
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.header("Connection").value_or("") == "close");
  BOOST_TEST(client.read(1).empty());
  BOOST_TEST((client.ended() == ending::closed));
}

BOOST_AUTO_TEST_CASE(http_1_0_closes_unless_asked_otherwise) {
  const running_server server;
  raw_client plain(server.port());
  plain.send("GET /health HTTP/1.0\r\n\r\n");
  BOOST_TEST(plain.receive().status == 200);
  BOOST_TEST(plain.read(1).empty());
  BOOST_TEST((plain.ended() == ending::closed));

  raw_client keeping(server.port());
  for (int i = 0; i < 3; ++i) {
    keeping.send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto response = keeping.receive();
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.header("Connection").value_or("") == "keep-alive");
  }
}

BOOST_AUTO_TEST_CASE(head_has_the_fields_of_get_and_no_body) {
  const running_server server;
  raw_client client(server.port());
  for (const auto* path : {"/health", "/nothing"}) {
    client.get(path, {}, "HEAD");
    const auto head = client.receive(true);
    client.get(path);
    const auto full = client.receive();
    BOOST_TEST(head.status == full.status);
    BOOST_TEST(head.header("Content-Type").value_or("") == full.header("Content-Type").value_or(""));
    BOOST_TEST(head.header("Content-Length").value_or("") == std::to_string(full.body.size()));
  }
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_a_word) {
  auto config = local_settings();
  config.listen.keep_alive_timeout = std::chrono::milliseconds(50);
  const running_server server(config);
  raw_client client(server.port());
  client.get("/health");
  BOOST_TEST(client.receive().status == 200);
  BOOST_TEST(client.read(1).empty());
  BOOST_TEST((client.ended() == ending::closed));
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_nothing_is_given_up) {
  auto config = local_settings();
  config.listen.send_timeout = std::chrono::milliseconds(50);
  const running_server server(config);
  raw_client client(server.port());
  client.get("/health");
  BOOST_TEST(client.receive().status == 200);
  std::string batch;
  for (int i = 0; i < 50; ++i)
    batch += "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  // The responses fill the sockets' buffers, then nothing moves any more.
  BOOST_TEST(eventually([&] {
    if (server.connections() > 0) client.send(batch);
    return server.connections() == 0;
  }));
}

BOOST_AUTO_TEST_CASE(clients_that_leave_leave_nothing_behind) {
  const running_server server;
  const char* const beginnings[] = {
      "",
      "GET /hea",
      "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc",
      "GET /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
      "GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
      "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
  };
  {
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 5; ++i) {
      for (const auto* bytes : beginnings) {
        clients.push_back(std::make_unique<raw_client>(server.port()));
        clients.back()->send(bytes);
      }
    }
    BOOST_TEST(eventually([&] { return server.connections() == clients.size(); }));
  }
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(sessions_in_every_state_end_with_the_server) {
  std::vector<std::unique_ptr<raw_client>> clients;
  {
    const running_server server;
    for (const auto* bytes :
         {"", "GET /hea", "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nab"}) {
      clients.push_back(std::make_unique<raw_client>(server.port()));
      clients.back()->send(bytes);
    }
    BOOST_TEST(eventually([&] { return server.connections() == clients.size(); }));
  }
  for (auto& client : clients) {
    BOOST_TEST(client->read(1).empty());
    BOOST_TEST((client->ended() != ending::timed_out));
  }
}

BOOST_AUTO_TEST_SUITE_END()
