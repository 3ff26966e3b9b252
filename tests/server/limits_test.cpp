// Limits under attack: each strikes, is counted, and leaves the others alone. And what splits messages:
// requests that others may read differently (RFC 9112 §6, §11), responses with line ends from elsewhere.

#include "server/stream_support.hpp"

#include <memory>
#include <thread>

using namespace millrace;
using namespace millrace::test;
using registry::limit;
using registry::objection;
using std::chrono::milliseconds;

namespace {

const std::string health = "GET /health HTTP/1.1\r\nHost: localhost\r\n";
const std::string post = "POST /streams HTTP/1.1\r\nHost: localhost\r\n";

bool counted(const running_server& server, limit which, std::uint64_t times = 1) {
  return eventually([&] { return server.shared().statistics.struck(which) == times; });
}

/// Sends `byte` again and again, far more often than any time-out, until the limit has struck `times` times.
/// False when it did not although many times its time has passed.
bool drip(raw_client& client, char byte, const running_server& server, limit which, std::uint64_t times) {
  for (int i = 0; i < 800; ++i) {
    if (server.shared().statistics.struck(which) == times) return true;
    client.send(std::string_view(&byte, 1));
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

void check_late(raw_client& client) {
  const auto response = client.receive();
  check_problem(response, 408, "timeout");
  BOOST_TEST(response.header("Connection").value_or("") == "close");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limits_test)

// Those who send much and never the end do not fill the memory; short bodies always find room.
BOOST_AUTO_TEST_CASE(bodies_count_as_memory) {
  auto config = local_settings();
  config.transfer.max_memory = 1'500'000;
  const running_server server(config);
  auto first = std::make_unique<raw_client>(server.port());
  raw_client second(server.port()), small(server.port());
  first->send(post + "Content-Length: 1000000\r\n\r\n{");
  BOOST_TEST(eventually([&] { return server.shared().buffers.used() >= 1'000'000U; }));
  second.send(post + "Content-Length: 1000000\r\n\r\n{");
  check_problem(second.receive(), 503, "busy");
  small.send(post + "Content-Length: 2\r\n\r\n{}");
  check_problem(small.receive(), 422, "invalid");
  first.reset();
  BOOST_TEST(eventually([&] { return server.shared().buffers.used() < 1'000'000U; }));
}

BOOST_AUTO_TEST_CASE(long_heads) {
  auto config = local_settings();
  config.listen.max_head = 2048;
  const running_server server(config);
  raw_client client(server.port());
  client.send(health + "X: " + std::string(3000, 'a') + "\r\n\r\n");
  BOOST_TEST(client.receive().status == 431);
  BOOST_TEST(counted(server, limit::head_size));
}

BOOST_AUTO_TEST_CASE(a_dripping_head_has_its_time_in_all) {
  auto config = local_settings();
  config.listen.head_timeout = milliseconds(400);
  const running_server server(config);
  raw_client client(server.port());
  client.send(health + "X: ");
  BOOST_TEST(drip(client, 'x', server, limit::head_time, 1));
  check_late(client);
  // Empty lines before the next request are no sign of life either.
  raw_client kept(server.port());
  kept.send(health + "\r\n");
  BOOST_TEST(kept.receive().status == 200);
  BOOST_TEST(drip(kept, '\n', server, limit::head_time, 2));
  check_late(kept);
}

BOOST_AUTO_TEST_CASE(long_bodies) {
  auto config = local_settings();
  config.listen.max_body = 2048;
  const running_server server(config);
  raw_client announced(server.port());
  announced.send(post + "Content-Length: 2049\r\n\r\n");
  BOOST_TEST(announced.receive().status == 413);
  raw_client chunked(server.port());
  chunked.send(post + "Transfer-Encoding: chunked\r\n\r\nffffff\r\n" + std::string(3000, 'x'));
  BOOST_TEST(chunked.receive().status == 413);
  BOOST_TEST(counted(server, limit::body_size, 2));
}

BOOST_AUTO_TEST_CASE(a_dripping_body_has_its_time_in_all) {
  auto config = local_settings();
  config.listen.body_timeout = milliseconds(400);
  const running_server server(config);
  std::uint64_t times = 0;
  for (const std::string framing :
       {"Content-Length: 9999\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nffff\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1;"}) {
    BOOST_TEST_CONTEXT(framing) {
      raw_client client(server.port());
      client.send(post + framing);
      BOOST_TEST(drip(client, 'x', server, limit::body_time, ++times));
      check_late(client);
    }
  }
}

BOOST_AUTO_TEST_CASE(idle_connections) {
  auto config = local_settings();
  config.listen.keep_alive_timeout = milliseconds(50);
  const running_server server(config);
  raw_client client(server.port());
  client.get("/health");
  BOOST_TEST(client.receive().status == 200);
  BOOST_TEST(client.read(1).empty());
  BOOST_TEST(counted(server, limit::keep_alive));
  BOOST_TEST(server.shared().statistics.struck(limit::head_time) == 0U);
}

BOOST_AUTO_TEST_CASE(the_wait_for_a_refused_client_ends) {
  const running_server server;
  raw_client client(server.port(), "127.0.0.1", {}, 1);
  client.send("nonsense\r\n\r\n");
  // The client neither closes nor sends anything more.
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
  BOOST_TEST(client.receive().status == 400);
}

BOOST_AUTO_TEST_CASE(a_pipelining_client_that_never_reads) {
  auto config = local_settings();
  config.listen.send_timeout = milliseconds(300);
  const running_server server(config);
  raw_client client(server.port());
  std::string batch;
  for (int i = 0; i < 200; ++i)
    batch += health + "\r\n";
  BOOST_TEST(eventually([&] {
    if (server.connections() > 0) client.send(batch);
    return server.shared().statistics.struck(limit::send_time) == 1 && server.connections() == 0;
  }));
}

BOOST_FIXTURE_TEST_CASE(heads_alone_are_not_waited_for_either, stream_fixture) {
  auto config = stream_settings();
  config.listen.send_timeout = milliseconds(300);
  const running_server impatient(config);
  origin.set("/a.mkv", {.size = 1000});
  raw_client client(impatient.port());
  std::string batch;
  for (int i = 0; i < 20; ++i)
    batch += "HEAD " + target("/a.mkv") +
             " HTTP/1.1\r\nHost: localhost\r\nX-Long: " + std::string(2000, 'x') + "\r\n\r\n";
  BOOST_TEST(eventually(
      [&] {
        if (impatient.connections() > 0) client.send(batch);
        return impatient.connections() == 0;
      },
      std::chrono::seconds(60)));
}

struct slow_reader_fixture : stream_fixture {
  slow_reader_fixture() : stream_fixture(impatient()) {}
  static settings impatient() {
    auto config = stream_settings();
    config.listen.send_timeout = milliseconds(300);
    return config;
  }
};

BOOST_FIXTURE_TEST_CASE(slow_readers_of_media, slow_reader_fixture) {
  origin.set("/a.mkv", {.size = 64 * mebi});
  raw_client file(server.port());
  file.get(target("/a.mkv"));
  BOOST_TEST(counted(server, limit::send_time));
  BOOST_TEST(eventually([&] { return server.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(connections) {
  auto config = local_settings();
  config.listen.max_clients = 3;
  config.listen.max_clients_per_address = 1;
  const running_server server(config);
  const raw_client first(server.port());
  BOOST_TEST(eventually([&] { return server.connections() == 1; }));
  BOOST_TEST(server.request("GET", "/health").status == 503);
  BOOST_TEST(counted(server, limit::clients_per_address));
  const raw_client second(server.port(), "127.0.0.1", "127.0.0.2");
  const raw_client third(server.port(), "127.0.0.1", "127.0.0.3");
  BOOST_TEST(eventually([&] { return server.connections() == 3; }));
  raw_client fourth(server.port(), "127.0.0.1", "127.0.0.4");
  fourth.get("/health");
  BOOST_TEST(fourth.receive().status == 503);
  BOOST_TEST(counted(server, limit::clients));
}

struct proxied_fixture : stream_fixture {
  proxied_fixture() : stream_fixture(behind_proxy()) {}
  static settings behind_proxy() {
    auto config = stream_settings();
    config.listen.max_clients_per_address = 1;
    config.access.trusted_proxies = {"127.0.0.1"};
    return config;
  }
  static std::string as(const std::string& address) { return "X-Forwarded-For: " + address + "\r\n"; }
};

BOOST_FIXTURE_TEST_CASE(clients_behind_a_trusted_proxy_count_one_by_one, proxied_fixture) {
  origin.set("/slow.mkv", {.size = 64 * mebi, .rate = 256 * kibi});
  raw_client watching(server.port());
  watching.get(target("/slow.mkv"), as("10.0.0.7"));
  BOOST_TEST(watching.receive(false, 1000).status == 200);
  const auto refused = server.request("GET", "/health", as("10.0.0.7"));
  check_problem(refused, 503, "busy");
  BOOST_TEST(refused.header("Retry-After").value_or("") == "5");
  BOOST_TEST(server.request("GET", "/health", as("10.0.0.8")).status == 200);
  BOOST_TEST(server.request("GET", "/health", as("[2001:db8::1]:80")).status == 200);
  BOOST_TEST(server.request("GET", "/health").status == 200);
  BOOST_TEST(counted(server, limit::clients_per_address));
  // The registry knows the real address, too.
  BOOST_TEST(server.request("GET", "/clients").body.find("\"ip_address\":\"10.0.0.7\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refused_clients_and_names_are_counted) {
  auto config = local_settings();
  config.listen.host = "0.0.0.0";
  const running_server server(config);
  BOOST_TEST(server.request("GET", "/health", "X-Forwarded-For: 10.0.0.7\r\n").status == 403);
  BOOST_TEST(server.shared().statistics.objected(objection::public_client) == 1U);
  BOOST_TEST(server.request("GET", "http://evil.example/health").status == 403);
  BOOST_TEST(server.shared().statistics.objected(objection::host) == 1U);
  const auto page = server.request("GET", "/metrics").body;
  for (const auto* line : {"millrace_requests_refused_total{reason=\"public_client\"} 1\n",
                           "millrace_requests_refused_total{reason=\"host\"} 1\n",
                           "millrace_requests_refused_total{reason=\"malformed\"} 0\n",
                           "millrace_limits_total{limit=\"send-timeout\"} 0\n"})
    BOOST_TEST(page.find(line) != std::string::npos, line);
}

BOOST_AUTO_TEST_SUITE_END()
