// Where millrace may connect, and which answers web pages may read.

#include "server/named_support.hpp"
#include "server/web_access_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(stream_web_test)

namespace {

constexpr std::uint64_t size = 1 * mebi;

/// `name.test` and such stand on loopback.
struct fixture : named_fixture {
  explicit fixture(settings config = stream_settings()) : named_fixture(std::move(config)) {
    origin.set("/a.mkv", {.size = size});
    names.set("name.test", {"127.0.0.1"});
    names.set("private.test", {"10.1.2.3"});
    names.set("mixed.test", {"10.255.255.1", "127.0.0.1"});
    names.set("meta.test", {"169.254.169.254"});
    names.set("mapped.test", {}, {"::ffff:127.0.0.1"});
  }

  raw_response play(const std::string& host, std::string_view path = "/a.mkv",
                    const std::string& lines = {}) const {
    return server.request("GET", "/stream?url=" + url(host, path), lines);
  }
};

settings allowing(std::vector<std::string> allow, std::vector<std::string> deny = {}) {
  auto config = stream_settings();
  config.upstream.retries = 0;
  config.upstream.connect_timeout = std::chrono::milliseconds(300);
  config.upstream.allow = std::move(allow);
  config.upstream.deny = std::move(deny);
  return config;
}

}  // namespace

BOOST_AUTO_TEST_CASE(forbidden_addresses) {
  struct expectation {
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    std::string host;
    bool allowed;
  };
  const std::vector<expectation> table{
      {{}, {}, "127.0.0.1", false},
      {{}, {}, "127.0.0.2", false},
      {{}, {}, "127.1", false},
      {{}, {}, "2130706433", false},
      {{}, {}, "0x7f000001", false},
      {{}, {}, "localhost", false},
      {{}, {}, "[::1]", false},
      {{}, {}, "[::ffff:127.0.0.1]", false},
      {{}, {}, "[::ffff:7f00:1]", false},
      {{}, {}, "name.test", false},
      {{}, {}, "mapped.test", false},
      {{}, {}, "0.0.0.0", false},
      {{}, {}, "[::]", false},
      {{}, {}, "169.254.169.254", false},
      {{}, {}, "meta.test", false},
      {{}, {}, "[fe80::1]", false},
      {{}, {}, "224.0.0.1", false},
      {{}, {}, "255.255.255.255", false},
      {{"loopback", "private", "public"}, {}, "169.254.169.254", false},
      {{"169.254.0.0/16"}, {}, "169.254.169.254", false},
      {{"loopback"}, {}, "0.0.0.0", false},
      {{"name.test"}, {}, "name.test", false},  // a host pattern never opens loopback
      {{"*.test"}, {}, "name.test", false},
      {{"loopback"}, {}, "127.0.0.1", true},
      {{"loopback"}, {}, "name.test", true},
      {{"127.0.0.0/8"}, {}, "127.0.0.1", true},
      {{"127.0.0.1"}, {}, "127.0.0.1", true},
      {{"loopback"}, {"127.0.0.0/8"}, "127.0.0.1", false},
      {{"127.0.0.1/32"}, {"127.0.0.0/8"}, "127.0.0.1", true},
      {{"127.0.0.0/8"}, {"127.0.0.0/8"}, "127.0.0.1", false},
      {{"loopback"}, {"name.test"}, "name.test", false},
      {{"loopback"}, {"*.test"}, "name.test", false},
      {{"loopback"}, {"name.test"}, "127.0.0.1", true},
      {{"loopback"}, {"private"}, "mixed.test", true},  // of several addresses the forbidden ones are dropped
      {{"loopback"}, {"private"}, "private.test", false},
  };
  for (const auto& each : table) {
    std::string rules;
    for (const auto& rule : each.allow)
      rules += " allow " + rule;
    for (const auto& rule : each.deny)
      rules += " deny " + rule;
    BOOST_TEST_CONTEXT(each.host << " with" << rules) {
      const fixture on(allowing(each.allow, each.deny));
      const auto response = on.play(each.host);
      if (each.allowed) {
        check_whole(response, 1, size);
      } else {
        check_problem(response, 403, "upstream-forbidden");
        BOOST_TEST(on.origin.totals().connections == 0U);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(its_own_listen_address, stream_fixture) {
  const auto own = ":" + std::to_string(server.port()) + "/health";
  for (const std::string host : {"127.0.0.1", "[::ffff:127.0.0.1]"}) {
    BOOST_TEST_CONTEXT(host) {
      check_problem(server.request("GET", "/stream?url=http://" + host + own), 403, "upstream-forbidden");
    }
  }
  origin.set("/to-itself", {.redirect = {{.location = "http://127.0.0.1" + own}}});
  check_problem(play("/to-itself"), 403, "upstream-forbidden");
}

BOOST_AUTO_TEST_CASE(every_redirect_is_checked) {
  fixture on(allowing({"127.0.0.1"}));
  on.origin.set("/to-2", {.redirect = {{.location = on.url("127.0.0.2")}}});
  on.origin.set("/to-meta", {.redirect = {{.location = "http://169.254.169.254/latest"}}});
  on.origin.set("/to-name", {.redirect = {{.location = on.url("meta.test")}}});
  on.origin.set("/near", {.redirect = {{.location = "/a.mkv"}}});
  for (const std::string path : {"/to-2", "/to-meta", "/to-name"}) {
    BOOST_TEST_CONTEXT(path) {
      check_problem(on.play("127.0.0.1", path), 403, "upstream-forbidden");
    }
  }
  check_whole(on.play("127.0.0.1", "/near"), 1, size);
}

// A mirror that is forbidden is as dead as any other; the ones behind it still count.
BOOST_AUTO_TEST_CASE(every_mirror_is_checked) {
  fixture on(allowing({"127.0.0.1"}));
  const auto response = on.server.request("GET", "/stream?mirror=" + encoded("http://169.254.169.254/") +
                                                     "&url=" + on.url("127.0.0.1", "/missing"));
  BOOST_TEST(response.status >= 400);
  BOOST_TEST(
      !on.server
           .request("GET", "/stream?mirror=" + encoded(on.url("127.0.0.1")) + "&url=" + on.url("127.0.0.2"))
           .body.empty());
}

BOOST_AUTO_TEST_CASE(the_address_that_was_checked_is_connected_to) {
  // The name moves to a forbidden address between two requests: what counts is the answer of each.
  fixture on(allowing({"127.0.0.1"}));
  on.names.set("moving.test", dns_server::type::a, {dns_server::kind::addresses, {"127.0.0.1"}, 0});
  on.names.set("moving.test", dns_server::type::aaaa, {dns_server::kind::addresses, {}, 0});
  check_whole(on.play("moving.test"), 1, size);
  on.names.set("moving.test", dns_server::type::a, {dns_server::kind::addresses, {"169.254.169.254"}, 0});
  const bool noticed = eventually([&] {
    on.origin.drop_connections();
    return on.play("moving.test").status == 403;
  });
  BOOST_TEST(noticed);
  check_problem(on.play("moving.test"), 403, "upstream-forbidden");
}

BOOST_AUTO_TEST_CASE(pages_may_read_what_is_named) {
  const fixture on;
  for (const std::string lines :
       {"", "Range: bytes=0-9\r\n", "Range: bytes=1048576-\r\n", "If-None-Match: *\r\n"}) {
    const auto response = on.play("127.0.0.1", "/a.mkv", "Origin: http://page.example\r\n" + lines);
    BOOST_TEST_CONTEXT(response.status) {
      BOOST_TEST(response.header("Access-Control-Allow-Origin").value_or("") == "*");
      BOOST_TEST(response.header("Access-Control-Expose-Headers").value_or("").find("Content-Range") !=
                 std::string::npos);
    }
  }
  BOOST_TEST(readable(on.server.request("HEAD", "/stream?url=" + on.url("127.0.0.1"))));
  BOOST_TEST(readable(on.play("127.0.0.1", "/missing")));
  BOOST_TEST(readable(on.server.request("GET", "/stream?url=nonsense")));
}

// An upstream address that is private and not named: else any page could read the home network.
BOOST_AUTO_TEST_CASE(pages_may_not_read_private_upstreams) {
  const auto address = own_private_address();
  if (address.empty()) return;  // this machine has none
  for (const bool named : {false, true}) {
    BOOST_TEST_CONTEXT((named ? "named" : "not named")) {
      fixture on(allowing(named ? std::vector<std::string>{"private"} : std::vector<std::string>{}));
      millrace::origin::server home({.addresses = {address}});
      home.set("/a.mkv", {.size = size});
      on.names.set("home.test", {address});
      const auto at = "http://" + address + ":" + std::to_string(home.port());
      const auto by_name = "http://home.test:" + std::to_string(home.port());
      for (const std::string lines :
           {"", "Range: bytes=5-9\r\n", "Range: bytes=1048576-\r\n", "If-None-Match: *\r\n"}) {
        BOOST_TEST_CONTEXT(lines) {
          const auto response = on.server.request("GET", "/stream?url=" + at + "/a.mkv", lines);
          BOOST_TEST(response.status != 403);
          BOOST_TEST(readable(response) == named);
          BOOST_TEST(!response.header("Access-Control-Expose-Headers").has_value() == !named);
        }
      }
      BOOST_TEST(readable(on.server.request("HEAD", "/stream?url=" + at + "/a.mkv")) == named);
      BOOST_TEST(readable(on.server.request("GET", "/stream?url=" + by_name + "/a.mkv")) == named);
      // Failures would tell what is there.
      BOOST_TEST(readable(on.server.request("GET", "/stream?url=" + at + "/missing")) == named);
      const auto port = home.port();
      home.stop();
      const auto dead =
          on.server.request("GET", "/stream?url=http://" + address + ":" + std::to_string(port) + "/");
      BOOST_TEST(dead.status == 502);
      BOOST_TEST(readable(dead) == named);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(options, stream_fixture) {
  for (const std::string lines : {"",
                                  "Origin: http://page.example\r\nAccess-Control-Request-Method: GET\r\n"
                                  "Access-Control-Request-Headers: range\r\n"}) {
    const auto response = play("/a.mkv", lines, {}, "OPTIONS");
    BOOST_TEST(response.status / 100 == 2);
    BOOST_TEST(response.header("Access-Control-Allow-Origin").value_or("") == "*");
    BOOST_TEST(response.header("Access-Control-Allow-Methods").value_or("").find("GET") != std::string::npos);
    const auto headers = response.header("Access-Control-Allow-Headers").value_or("");
    BOOST_TEST((headers == "*" || headers.find("Range") != std::string::npos), headers);
  }
  BOOST_TEST(origin.totals().requests == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
