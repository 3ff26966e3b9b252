// Names, addresses and local addresses of upstream connections as /stream sees them.

#include "server/named_support.hpp"

#include <boost/algorithm/string/case_conv.hpp>

#include <array>
#include <set>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace millrace;
using namespace millrace::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_network_test)

namespace {

constexpr std::uint64_t size = 4 * mebi;
constexpr std::uint64_t seed = 14;

struct fixture : named_fixture {
  explicit fixture(settings config = stream_settings()) : named_fixture(hasty(std::move(config))) {
    origin.set("/a.mkv", {.size = size, .seed = seed});
  }

  static settings hasty(settings config) {
    config.upstream.connect_timeout = milliseconds(700);
    config.upstream.retries = 1;
    return config;
  }

  raw_response play(const std::string& host, const std::string& parameters = {}) const {
    return server.request("GET", "/stream?" + parameters + "url=" + url(host));
  }
};

/// Listens but takes no connection any more: its queue is full, so that further ones wait for ever.
class full_listener {
 public:
  full_listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    auto* plain = reinterpret_cast<sockaddr*>(&address_);
    BOOST_REQUIRE(::bind(socket_, plain, length) == 0);
    BOOST_REQUIRE(::listen(socket_, 0) == 0);
    BOOST_REQUIRE(::getsockname(socket_, plain, &length) == 0);
    for (int& each : waiting_) {
      each = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      [[maybe_unused]] const int ignored = ::connect(each, plain, length);
    }
  }
  ~full_listener() {
    for (const int each : waiting_)
      ::close(each);
    ::close(socket_);
  }
  full_listener(const full_listener&) = delete;
  full_listener& operator=(const full_listener&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/a.mkv";
  }

 private:
  int socket_;
  sockaddr_in address_{};
  std::array<int, 4> waiting_{};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(names_are_resolved_and_sent_as_host, fixture) {
  names.set("films.test", {"127.0.0.1"});
  check_whole(play("films.test"), seed, size);
  check_whole(play("FILMS.test"), seed, size);
  for (const auto& each : origin.requests()) {
    auto host = each.header("Host").value_or("");
    boost::algorithm::to_lower(host);
    BOOST_TEST(host == "films.test:" + std::to_string(origin.port()));
  }
}

BOOST_FIXTURE_TEST_CASE(a_name_with_a_dead_address, fixture) {
  names.set("half.test", {"127.0.0.9", "127.0.0.1"});
  check_whole(play("half.test"), seed, size);
  names.set("dead.test", {"127.0.0.9"});
  check_problem(play("dead.test"), 502, "upstream");
}

BOOST_FIXTURE_TEST_CASE(names_that_do_not_resolve, fixture) {
  check_problem(play("unknown.test"), 502, "upstream");
  const dns_server::answer failing{dns_server::kind::server_failure, {}, 60};
  names.set("failing.test", dns_server::type::a, failing);
  names.set("failing.test", dns_server::type::aaaa, failing);
  check_problem(play("failing.test"), 502, "upstream");
  const dns_server::answer silent{dns_server::kind::silence, {}, 60};
  names.set("silent.test", dns_server::type::a, silent);
  names.set("silent.test", dns_server::type::aaaa, silent);
  const auto began = std::chrono::steady_clock::now();
  check_problem(play("silent.test"), 504, "timeout");
  BOOST_TEST(seconds_since(began) < 5);
}

// DNS failure fails over at once.
BOOST_FIXTURE_TEST_CASE(an_unknown_name_fails_over, fixture) {
  const auto mirror = "mirror=" + encoded(origin.url("/a.mkv")) + "&";
  const auto began = std::chrono::steady_clock::now();
  check_whole(play("unknown.test", mirror), seed, size);
  BOOST_TEST(seconds_since(began) < 3);
}

BOOST_FIXTURE_TEST_CASE(a_host_that_does_not_answer_times_out, fixture) {
  const full_listener dead;
  const auto began = std::chrono::steady_clock::now();
  check_problem(server.request("GET", "/stream?url=" + dead.url()), 504, "timeout");
  BOOST_TEST(seconds_since(began) < 5);
  check_whole(server.request("GET", "/stream?mirror=" + encoded(origin.url("/a.mkv")) + "&url=" + dead.url()),
              seed, size);
}

BOOST_AUTO_TEST_CASE(chunks_are_spread_over_the_local_addresses) {
  auto config = stream_settings();
  config.upstream.bind = {"127.0.0.1", "127.0.0.2"};
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = size, .seed = seed, .rate = 2 * mebi});
  check_whole(on.play("/a.mkv"), seed, size);
  std::set<std::string> clients;
  for (const auto& each : on.origin.requests())
    clients.insert(each.client);
  BOOST_TEST(clients == (std::set<std::string>{"127.0.0.1", "127.0.0.2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_origin_on_ipv6) {
  const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool usable =
      probe >= 0 && ::bind(probe, reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) == 0;
  if (probe >= 0) ::close(probe);
  if (!usable) return;
  stream_fixture on(stream_settings(), {.addresses = {"::1"}});
  on.origin.set("/a.mkv", {.size = size, .seed = seed});
  check_whole(
      on.server.request("GET", "/stream?url=http://[::1]:" + std::to_string(on.origin.port()) + "/a.mkv"),
      seed, size);
  BOOST_TEST(on.last_request().header("Host").value_or("") == "[::1]:" + std::to_string(on.origin.port()));
}

BOOST_AUTO_TEST_SUITE_END()
