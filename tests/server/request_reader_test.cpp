#include "server/request_reader.hpp"

#include "server/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::test;

namespace {

const std::string health = "GET /health HTTP/1.1\r\nHost: localhost\r\n";

/// The answer is a problem document of that status, and then the connection ends in order.
void check_refused(raw_client& client, int status, const std::string& code) {
  const auto response = client.receive();
  BOOST_TEST(response.status == status);
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Content-Type").value_or("") == "application/problem+json");
  BOOST_TEST(response.header("Connection").value_or("") == "close");
  BOOST_TEST(response.body.find("\"code\":\"" + code + "\"") != std::string::npos, response.body);
  BOOST_TEST(client.read(1).empty());
  BOOST_TEST((client.ended() == ending::closed));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request_reader_test)

BOOST_AUTO_TEST_CASE(a_head_may_fill_its_limit_and_no_more) {
  const running_server server;
  const std::size_t limit = 64 * 1024;
  const std::string begin = health + "X: ";
  const std::string end = "\r\n\r\n";
  raw_client fits(server.port());
  fits.send(begin + std::string(limit - begin.size() - end.size(), 'a') + end);
  BOOST_TEST(fits.receive().status == 200);
  raw_client too_long(server.port());
  too_long.send(begin + std::string(limit - begin.size() - end.size() + 1, 'a') + end);
  check_refused(too_long, 431, "bad-request");
}

BOOST_AUTO_TEST_CASE(an_endless_head_is_refused_while_it_is_sent) {
  const running_server server;
  raw_client client(server.port());
  client.send(health + "X: " + std::string(200'000, 'a'));
  check_refused(client, 431, "bad-request");
  raw_client line(server.port());
  line.send("GET /" + std::string(200'000, 'a'));
  check_refused(line, 431, "bad-request");
}

BOOST_AUTO_TEST_CASE(malformed_heads) {
  const running_server server;
  for (const std::string bytes :
       {"nonsense\r\n\r\n", "GET /health\r\n\r\n", "GET /health HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /health HTTP/1.1\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "\x16\x03\x01\x02",
        "GET health HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    BOOST_TEST_CONTEXT(bytes) {
      raw_client client(server.port());
      client.send(bytes);
      const auto response = client.receive();
      BOOST_TEST(response.status == 400);
      BOOST_TEST(response.body.find("\"bad-request\"") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_slow_head_gets_408) {
  auto config = local_settings();
  config.listen.head_timeout = std::chrono::milliseconds(50);
  const running_server server(config);
  for (const std::string bytes : {"", "G", "GET /health HTTP/1.1\r\nHo"}) {
    raw_client client(server.port());
    client.send(bytes);
    check_refused(client, 408, "timeout");
  }
}

BOOST_AUTO_TEST_CASE(a_slow_second_head_gets_408) {
  auto config = local_settings();
  config.listen.head_timeout = std::chrono::milliseconds(300);
  const running_server server(config);
  raw_client client(server.port());
  client.send(health + "\r\n");
  BOOST_TEST(client.receive().status == 200);
  client.send("GET /h");
  check_refused(client, 408, "timeout");
}

BOOST_AUTO_TEST_CASE(bodies_are_read_and_the_connection_goes_on) {
  const running_server server;
  raw_client client(server.port());
  client.send(health + "Content-Length: 5\r\n\r\nhello" + health + "\r\n");
  BOOST_TEST(client.receive().status == 200);
  BOOST_TEST(client.receive().status == 200);
  client.send(
      health +
      "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nT: u\r\n\r\n" +
      health + "\r\n");
  BOOST_TEST(client.receive().status == 200);
  BOOST_TEST(client.receive().status == 200);
  client.send(health + "Content-Length: 1048576\r\n\r\n" + std::string(1048576, 'x') + health + "\r\n");
  BOOST_TEST(client.receive().status == 200);
  BOOST_TEST(client.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(a_body_may_come_byte_by_byte) {
  const running_server server;
  raw_client client(server.port());
  const std::string request = health + "Transfer-Encoding: chunked\r\n\r\n4\r\nwxyz\r\n0\r\n\r\n" + health +
                              "Content-Length: 3\r\n\r\nabc";
  for (const char byte : request)
    client.send(std::string_view(&byte, 1));
  BOOST_TEST(client.receive().status == 200);
  BOOST_TEST(client.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(bodies_beyond_the_limit) {
  const running_server server;
  raw_client announced(server.port());
  announced.send(health + "Content-Length: 1048577\r\n\r\n");
  check_refused(announced, 413, "bad-request");

  raw_client sending(server.port());
  sending.send(health + "Content-Length: 1500000\r\n\r\n" + std::string(500'000, 'x'));
  check_refused(sending, 413, "bad-request");

  auto config = local_settings();
  config.listen.max_body = 10;
  const running_server small(config);
  raw_client chunked(small.port());
  chunked.send(health + "Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n");
  check_refused(chunked, 413, "bad-request");
}

BOOST_AUTO_TEST_CASE(malformed_chunks) {
  const running_server server;
  raw_client client(server.port());
  client.send(health + "Transfer-Encoding: chunked\r\n\r\nzz\r\n");
  check_refused(client, 400, "bad-request");
}

BOOST_AUTO_TEST_CASE(a_slow_body_gets_408) {
  auto config = local_settings();
  config.listen.body_timeout = std::chrono::milliseconds(50);
  const running_server server(config);
  raw_client client(server.port());
  client.send(health + "Content-Length: 5\r\n\r\nab");
  check_refused(client, 408, "timeout");
}

BOOST_AUTO_TEST_CASE(a_waiting_client_is_told_to_continue) {
  const running_server server;
  raw_client client(server.port());
  client.send(health + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(client.read(25) == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  BOOST_TEST(client.receive().status == 200);
  // Nobody waits when there is no body, or when it is there already.
  client.send(health + "Expect: 100-continue\r\n\r\n");
  BOOST_TEST(client.read(12) == "HTTP/1.1 200");
}

BOOST_AUTO_TEST_CASE(nobody_is_told_to_continue_in_vain) {
  const running_server server;
  const std::string expect = "Host: localhost\r\nExpect: 100-continue\r\nContent-Length: ";
  for (const auto& [request, status] : {
           std::pair{"GET /health HTTP/1.1\r\n" + expect + "1048577\r\n\r\n", "413"},
           std::pair{"GET /nothing HTTP/1.1\r\n" + expect + "5\r\n\r\n", "404"},
           std::pair{"POST /health HTTP/1.1\r\n" + expect + "5\r\n\r\n", "405"},
       }) {
    raw_client client(server.port());
    client.send(request);
    BOOST_TEST(client.read(12) == std::string("HTTP/1.1 ") + status);
  }
}

BOOST_AUTO_TEST_CASE(an_error_reaches_a_client_that_is_still_sending) {
  const running_server server;
  for (int i = 0; i < 20; ++i) {
    raw_client client(server.port());
    client.send("POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n" +
                std::string(300'000, 'x'));
    check_refused(client, 404, "not-found");
  }
}

BOOST_AUTO_TEST_SUITE_END()
