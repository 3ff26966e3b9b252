#include "server/access_control.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <stdexcept>
#include <string>

namespace server = millrace::server;
namespace http = millrace::http;
namespace data = boost::unit_test::data;
using boost::asio::ip::make_address;

namespace {

server::access_control make_access(millrace::access_settings rules = {}, bool loopback_only = false) {
  return {rules,
          {.loopback_only = loopback_only,
           .on_link = {*server::ip_network::parse("198.51.100.0/24"),
                       *server::ip_network::parse("2001:db8:1::/64")},
           .machine_name = "tower.example.org"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access_control_test)

struct client_sample {
  const char* peer;
  const char* forwarded;    ///< "" for none
  const char* x_forwarded;  ///< "" for none
  const char* address;
  bool allowed;
  friend std::ostream& operator<<(std::ostream& to, const client_sample& s) {
    return to << s.peer << " [" << s.forwarded << "] [" << s.x_forwarded << "]";
  }
};

const client_sample client_samples[] = {
    {"127.0.0.1", "", "", "127.0.0.1", true},
    {"::1", "", "", "::1", true},
    {"10.1.2.3", "", "", "10.1.2.3", true},
    {"172.31.0.1", "", "", "172.31.0.1", true},
    {"192.168.0.9", "", "", "192.168.0.9", true},
    {"100.64.0.1", "", "", "100.64.0.1", true},
    {"169.254.1.1", "", "", "169.254.1.1", true},
    {"fd12::1", "", "", "fd12::1", true},
    {"fe80::1", "", "", "fe80::1", true},
    {"::ffff:192.168.0.9", "", "", "192.168.0.9", true},
    {"198.51.100.77", "", "", "198.51.100.77", true},
    {"2001:db8:1::5", "", "", "2001:db8:1::5", true},
    {"172.32.0.1", "", "", "172.32.0.1", false},
    {"100.128.0.1", "", "", "100.128.0.1", false},
    {"203.0.113.5", "", "", "203.0.113.5", false},
    {"::ffff:203.0.113.5", "", "", "203.0.113.5", false},
    {"2001:db8:2::5", "", "", "2001:db8:2::5", false},
    // Not from the trusted proxies 10.0.0.1 and 10.0.1.0/24: never believed.
    {"127.0.0.1", "", "10.9.9.9", "127.0.0.1", false},
    {"10.1.2.3", "for=10.9.9.9", "", "10.1.2.3", false},
    // From a trusted proxy.
    {"10.0.0.1", "", "", "10.0.0.1", true},
    {"10.0.0.1", "", "192.168.7.7", "192.168.7.7", true},
    {"10.0.0.1", "", "203.0.113.5", "203.0.113.5", false},
    {"10.0.0.1", "", "192.168.7.7, 203.0.113.5", "203.0.113.5", false},
    {"10.0.0.1", "", "203.0.113.5, 192.168.7.7", "192.168.7.7", true},
    {"10.0.0.1", "", "203.0.113.5, 192.168.7.7, 10.0.1.9", "192.168.7.7", true},
    {"10.0.0.1", "", "10.0.1.8, 10.0.1.9", "10.0.1.8", true},
    {"10.0.0.1", "", "192.168.7.7, unknown", "10.0.0.1", false},
    {"10.0.0.1", "for=192.168.7.7", "", "192.168.7.7", true},
    {"10.0.0.1", "for=\"[2001:db8:2::5]:99\"", "", "2001:db8:2::5", false},
    {"10.0.0.1", "for=192.168.7.7;proto=https, for=10.0.1.3", "", "192.168.7.7", true},
    {"10.0.0.1", "for=192.168.7.7", "192.168.7.7", "192.168.7.7", true},
    {"10.0.0.1", "for=192.168.7.7", "203.0.113.5", "10.0.0.1", false},
    {"::ffff:10.0.0.1", "", "192.168.7.7", "192.168.7.7", true},
    {"10.0.0.1", "", "192.168.7.7:4711", "192.168.7.7", true},
    {"10.0.0.1", "", "2001:db8:1::7", "2001:db8:1::7", true},
    {"10.0.0.1", "", "[2001:db8:1::7]:4711", "2001:db8:1::7", true},
    {"10.0.0.1", "", "::ffff:192.168.7.7", "192.168.7.7", true},
    {"10.0.0.1", "", "::ffff:203.0.113.5", "203.0.113.5", false},
    {"10.0.0.1", "", ",", "10.0.0.1", false},
    {"10.0.0.1", "for=_hidden", "", "10.0.0.1", false},
    {"10.0.0.1", "for=\"_gazonk:80\"", "", "10.0.0.1", false},
    {"10.0.0.1", "for=unknown", "", "10.0.0.1", false},
    {"10.0.0.1", "for=192.168.7.7, for=_hidden, for=10.0.1.3", "", "10.0.1.3", false},
    {"10.0.0.1", "by=192.168.7.7;proto=http", "", "10.0.0.1", false},
    {"10.0.0.1", "For=\"192.168.7.7:80\";by=10.0.0.1", "", "192.168.7.7", true},
    {"10.0.0.1", "for=192.168.7.7", "unknown", "10.0.0.1", false},
};

BOOST_DATA_TEST_CASE(clients, data::make(client_samples), s) {
  const auto access =
      make_access({.allow_hosts = {}, .allow_origins = {}, .trusted_proxies = {"10.0.0.1", "10.0.1.0/24"}});
  http::field_list fields;
  fields.add("Host", "a");
  if (*s.forwarded) fields.add("Forwarded", s.forwarded);
  if (*s.x_forwarded) fields.add("X-Forwarded-For", s.x_forwarded);
  const auto client = access.identify(make_address(s.peer), fields);
  BOOST_TEST(client.address.to_string() == s.address);
  const auto problem = access.refuse_client(client);
  BOOST_TEST(!problem.has_value() == s.allowed);
  if (problem) {
    BOOST_TEST((problem->code == http::problem_code::forbidden));
    BOOST_TEST(!problem->detail.empty());
  }
}

BOOST_AUTO_TEST_CASE(any_forwarding_field_counts) {
  const auto access =
      make_access({.allow_hosts = {}, .allow_origins = {}, .trusted_proxies = {"10.0.0.1", "10.0.1.0/24"}});
  for (const auto* name : {"Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto",
                           "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-IP"}) {
    http::field_list fields;
    fields.add(name, "192.168.7.7");
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(access.refuse_client(access.identify(make_address("192.168.1.1"), fields)).has_value());
      // Forwarded, but these do not say for whom.
      const bool tells = std::string_view(name) == "X-Forwarded-For";
      const auto client = access.identify(make_address("10.0.0.1"), fields);
      BOOST_TEST(access.refuse_client(client).has_value() == !tells);
      BOOST_TEST(client.address.to_string() == (tells ? "192.168.7.7" : "10.0.0.1"));
    }
  }
}

BOOST_AUTO_TEST_CASE(several_fields_are_one_list) {
  const auto access =
      make_access({.allow_hosts = {}, .allow_origins = {}, .trusted_proxies = {"10.0.0.1", "10.0.1.0/24"}});
  http::field_list fields;
  fields.add("X-Forwarded-For", "203.0.113.5");
  fields.add("X-Real-IP", "203.0.113.6");
  fields.add("X-Forwarded-For", "192.168.7.7");
  fields.add("X-Forwarded-For", "10.0.1.2");
  BOOST_TEST(access.identify(make_address("10.0.0.1"), fields).address.to_string() == "192.168.7.7");
}

BOOST_AUTO_TEST_CASE(with_a_token_anybody_may_come_under_any_name) {
  const auto access = make_access(
      {.api_token = "t", .allow_hosts = {}, .allow_origins = {}, .trusted_proxies = {"10.0.0.1"}});
  http::field_list fields;
  BOOST_TEST(!access.refuse_client(access.identify(make_address("203.0.113.5"), fields)).has_value());
  BOOST_TEST(!access.refuse_host("evil.example").has_value());
  // Not believed all the same.
  fields.add("X-Forwarded-For", "10.9.9.9");
  const auto client = access.identify(make_address("203.0.113.5"), fields);
  BOOST_TEST(!access.refuse_client(client).has_value());
  BOOST_TEST(client.address.to_string() == "203.0.113.5");
  BOOST_TEST(access.is_api_token("t"));
  BOOST_TEST(!access.is_api_token("T"));
  BOOST_TEST(!access.is_api_token(""));
  BOOST_TEST(make_access().is_api_token(""));
  fields.add("Origin", "http://evil.example");
  BOOST_TEST(access.refuse_origin("POST", fields, "nas").has_value());
}

BOOST_AUTO_TEST_CASE(loopback_only_serves_whoever_gets_there) {
  const auto access = make_access({}, true);
  http::field_list fields;
  fields.add("X-Forwarded-For", "203.0.113.5");
  BOOST_TEST(!access.refuse_client(access.identify(make_address("127.0.0.1"), fields)).has_value());
}

struct host_sample {
  const char* host;
  bool allowed;
  friend std::ostream& operator<<(std::ostream& to, const host_sample& s) { return to << s.host; }
};

const host_sample host_samples[] = {
    {"", true},
    {"localhost", true},
    {"localhost:8001", true},
    {"LOCALHOST.", true},
    {"nas", true},
    {"192.168.1.2:8001", true},
    {"203.0.113.9", true},
    {"[::1]", true},
    {"[2001:db8::1]:8001", true},
    {"tower.example.org", true},
    {"Tower.Example.org:80", true},
    {"box.local", true},
    {"a.b.lan:8001", true},
    {"x.internal", true},
    {"tv.home.arpa.", true},
    {"media.example.com", true},
    {"a.allowed.net", true},
    {"b.a.allowed.net:443", true},
    {"evil.example", false},
    {"evil.example:8001", false},
    {"local.evil.example", false},
    {"boxlocal.example", false},
    {".local", false},
    {"allowed.net", false},
    {"media.example.com.evil.example", false},
    {"127.0.0.1.evil.example", false},
    {"127.1", false},
    {":8001", false},
    {"[]", false},
    {"[evil.example]", false},
    {"other.example.org", false},
    {"[::1", false},
    {"127.0.0.1:x", false},
    {"evil.example#.local", false},
    {"evil%00.local", false},
    {"a@b", false},
};

BOOST_DATA_TEST_CASE(hosts, data::make(host_samples), s) {
  const auto access = make_access(
      {.allow_hosts = {"Media.example.com", "*.allowed.net"}, .allow_origins = {}, .trusted_proxies = {}});
  const auto problem = access.refuse_host(s.host);
  BOOST_TEST(!problem.has_value() == s.allowed);
  if (problem) BOOST_TEST(problem->detail.find("--allow-host") != std::string::npos);
}

struct origin_sample {
  const char* method;
  const char* origin;  ///< "" for none
  const char* host;
  bool allowed;
  friend std::ostream& operator<<(std::ostream& to, const origin_sample& s) {
    return to << s.method << " " << s.origin << " at " << s.host;
  }
};

const origin_sample origin_samples[] = {
    {"GET", "http://evil.example", "nas:8001", true},
    {"HEAD", "http://evil.example", "nas:8001", true},
    {"OPTIONS", "http://evil.example", "nas:8001", true},
    {"POST", "", "nas:8001", true},
    {"POST", "http://nas:8001", "nas:8001", true},
    {"POST", "HTTP://NAS:8001", "nas:8001", true},
    {"POST", "http://nas", "nas", true},
    {"POST", "http://nas", "nas:80", true},
    {"POST", "https://nas", "nas", true},
    {"POST", "http://[::1]:8001", "[::1]:8001", true},
    {"POST", "https://app.example", "nas:8001", true},
    {"POST", "HTTPS://APP.example", "nas:8001", true},
    {"POST", "https://app.example:443", "nas:8001", true},
    {"POST", "http://app.example", "nas:8001", false},
    {"POST", "https://app.example:80", "nas:8001", false},
    {"POST", "https://app.example.evil.example", "nas:8001", false},
    {"POST", "https://evil.example/https://app.example", "nas:8001", false},
    {"POST", "https://app.example https://evil.example", "nas:8001", false},
    {"POST", "http://other.example", "nas:8001", true},
    {"POST", "http://other.example:80", "nas:8001", true},
    {"POST", "chrome-extension://abcdefghijklmnopabcdefghijklmnop", "nas:8001", true},
    {"POST", "moz-extension://0f3c1a52-1111-4222-8333-444455556666", "nas:8001", true},
    {"POST", "chrome-extension://nas:8001", "nas:8001", false},
    {"POST", "file://", "nas:8001", false},
    {"POST", "", "", true},
    {"DELETE", "https://app.example", "nas:8001", true},
    {"POST", "https://app.example:444", "nas:8001", false},
    {"POST", "http://evil.example", "nas:8001", false},
    {"DELETE", "http://nas:8002", "nas:8001", false},
    {"PUT", "http://nas", "nas:8001", false},
    {"POST", "null", "nas:8001", false},
    {"POST", "http://", "", false},
    {"BREW", "http://evil.example", "nas:8001", false},
};

BOOST_DATA_TEST_CASE(origins, data::make(origin_samples), s) {
  const auto access = make_access({.allow_hosts = {},
                                   .allow_origins = {"https://App.example/", "http://other.example:80",
                                                     "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
                                                     "moz-extension://0f3c1a52-1111-4222-8333-444455556666"},
                                   .trusted_proxies = {}});
  http::field_list fields;
  if (*s.origin) fields.add("Origin", s.origin);
  const auto problem = access.refuse_origin(s.method, fields, s.host);
  BOOST_TEST(!problem.has_value() == s.allowed);
  if (problem) BOOST_TEST(problem->detail.find("--allow-origin") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_origins_are_foreign) {
  const auto access = make_access();
  http::field_list fields;
  fields.add("Origin", "http://nas:8001");
  fields.add("Origin", "http://evil.example");
  BOOST_TEST(access.refuse_origin("POST", fields, "nas:8001").has_value());
  const auto open = make_access({.allow_hosts = {}, .allow_origins = {"*"}, .trusted_proxies = {}});
  BOOST_TEST(open.refuse_origin("POST", fields, "nas:8001").has_value());
  BOOST_TEST(open.named_origin(fields).empty());
}

BOOST_AUTO_TEST_CASE(what_named_origins_are_told) {
  const auto some =
      make_access({.allow_hosts = {}, .allow_origins = {"https://app.example:443"}, .trusted_proxies = {}});
  const auto all =
      make_access({.allow_hosts = {}, .allow_origins = {"https://app.example", "*"}, .trusted_proxies = {}});
  const auto none = make_access();
  const auto told = [](const server::access_control& access, const char* origin) {
    http::field_list fields;
    if (*origin) fields.add("Origin", origin);
    return access.named_origin(fields);
  };
  BOOST_TEST(told(some, "https://app.example") == "https://app.example");
  BOOST_TEST(told(some, "https://evil.example") == "");
  BOOST_TEST(told(some, "null") == "");
  BOOST_TEST(told(all, "null") == "*");
  BOOST_TEST(told(all, "https://app.example") == "*");
  BOOST_TEST(told(all, "") == "");
  BOOST_TEST(told(none, "https://app.example") == "");
  BOOST_TEST(some.names_origins());
  BOOST_TEST(!none.names_origins());
}

BOOST_AUTO_TEST_CASE(bad_rules_are_named) {
  const auto names = [](const char* what) {
    return [what](const std::invalid_argument& error) {
      return std::string_view(error.what()).find(what) != std::string_view::npos;
    };
  };
  BOOST_CHECK_EXCEPTION(
      make_access({.allow_hosts = {}, .allow_origins = {}, .trusted_proxies = {"10.0.0.0/99"}}),
      std::invalid_argument, names("10.0.0.0/99"));
  BOOST_CHECK_EXCEPTION(make_access({.allow_hosts = {""}, .allow_origins = {}, .trusted_proxies = {}}),
                        std::invalid_argument, names("--allow-host"));
}

BOOST_AUTO_TEST_SUITE_END()
