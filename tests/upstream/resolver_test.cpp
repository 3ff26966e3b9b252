#include "upstream/resolver.hpp"

#include "async/combinators.hpp"
#include "support/dns_server.hpp"
#include "support/run_sync.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using test::dns_server;
using outcome = fetch_result<std::vector<boost::asio::ip::address>>;

std::string join(const std::vector<boost::asio::ip::address>& addresses) {
  std::string text;
  for (const auto& address : addresses)
    text += (text.empty() ? "" : " ") + address.to_string();
  return text;
}

struct fixture {
  dns_server server;
  upstream::dns_cache cache;
  upstream_settings config;

  fixture() { config.dns_servers = {server.address()}; }

  outcome resolve(const std::string& host) { return test::run_sync(upstream::resolve(host, cache, config)); }
  /// The addresses, or the message of the error.
  std::string addresses(const std::string& host) {
    const auto found = resolve(host);
    return found ? join(*found) : found.error().code.message();
  }
};

struct numeric_row {
  const char* host;
  const char* addresses;
};
std::ostream& operator<<(std::ostream& out, const numeric_row& row) {
  return out << row.host;
}

const numeric_row numeric_hosts[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"192.0.2.1.", "192.0.2.1"},
    {"2001:db8::1", "2001:db8::1"},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
    {"2130706433", "127.0.0.1"},
    {"0x7f.1", "127.0.0.1"},
    {"0X7F000001", "127.0.0.1"},
    {"017700000001", "127.0.0.1"},
    {"127.1", "127.0.0.1"},
    {"0251.0376.43518", "169.254.169.254"},
    {"0", "0.0.0.0"},
    {"localhost", "::1 127.0.0.1"},
    {"localhost.", "::1 127.0.0.1"},
    {"my.localhost", "::1 127.0.0.1"},
};

const char* const no_hosts[] = {
    "256.1.1.1", "1.2.3.4.5", "99999999999", "0x1ffffffff", "host.0x7g1.9", "08",
    "",          ".",         "127.0.0.1..", "host..test",  ".host.test",   "host.test..",
    "1..2",      "fe80::1%1", "::1%eth0",    "1:2"};

BOOST_FIXTURE_TEST_SUITE(resolver_test, fixture)

BOOST_DATA_TEST_CASE(numeric_hosts_and_localhost_need_no_dns, numeric_hosts, row) {
  BOOST_TEST(addresses(row.host) == row.addresses);
  BOOST_TEST(server.questions() == 0u);
}

BOOST_DATA_TEST_CASE(what_looks_numeric_is_no_name, no_hosts, host) {
  const auto found = resolve(host);
  BOOST_REQUIRE(found.has_error());
  BOOST_TEST(found.error().code == error_code(errc::host_not_found));
  BOOST_TEST(!found.error().detail.empty());
  BOOST_TEST(server.questions() == 0u);
}

BOOST_AUTO_TEST_CASE(interleaves_the_families) {
  server.set("both.test", {"192.0.2.1", "192.0.2.2", "192.0.2.3"}, {"2001:db8::1", "2001:db8::2"});
  BOOST_TEST(addresses("both.test") == "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 192.0.2.3");
}

BOOST_AUTO_TEST_CASE(one_family_is_enough) {
  server.set("four.test", {"192.0.2.1"});
  server.set("six.test", {}, {"2001:db8::1"});
  BOOST_TEST(addresses("four.test") == "192.0.2.1");
  BOOST_TEST(addresses("six.test") == "2001:db8::1");
}

BOOST_AUTO_TEST_CASE(a_silent_second_family_costs_the_resolution_delay_only) {
  server.set("slow.test", {"192.0.2.1"});
  server.set("slow.test", dns_server::type::aaaa, {dns_server::kind::silence, {}, 0});
  config.dns_timeout = 3600s;
  BOOST_TEST(addresses("slow.test") == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(a_failing_family_does_not_spoil_the_other) {
  server.set("half.test", {"192.0.2.1"});
  server.set("half.test", dns_server::type::aaaa, {dns_server::kind::server_failure, {}, 0});
  BOOST_TEST(addresses("half.test") == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(says_what_went_wrong) {
  server.set("empty.test", {});
  server.set("broken.test", dns_server::type::a, {dns_server::kind::server_failure, {}, 0});
  server.set("broken.test", dns_server::type::aaaa, {dns_server::kind::server_failure, {}, 0});
  const auto missing = resolve("missing.test");
  BOOST_REQUIRE(missing.has_error());
  BOOST_TEST(missing.error().code == error_code(errc::host_not_found));
  BOOST_TEST(missing.error().detail == "DNS knows no address of missing.test");
  const auto empty = resolve("empty.test");
  BOOST_REQUIRE(empty.has_error());
  BOOST_TEST(empty.error().code == error_code(errc::host_not_found));
  const auto broken = resolve("broken.test");
  BOOST_REQUIRE(broken.has_error());
  BOOST_TEST(broken.error().code == error_code(errc::resolve_failed));
  BOOST_TEST(broken.error().detail.starts_with("DNS lookup of broken.test failed: "));
}

BOOST_AUTO_TEST_CASE(gives_up_after_the_timeout) {
  server.set("silent.test", dns_server::type::a, {dns_server::kind::silence, {}, 0});
  server.set("silent.test", dns_server::type::aaaa, {dns_server::kind::silence, {}, 0});
  config.dns_timeout = 1s;
  const auto start = std::chrono::steady_clock::now();
  const auto found = resolve("silent.test");
  BOOST_TEST((std::chrono::steady_clock::now() - start >= 1s));
  BOOST_REQUIRE(found.has_error());
  BOOST_TEST(found.error().code == error_code(errc::resolve_failed));
}

async::awaitable<bool> resolve_briefly(const std::string& host, upstream::dns_cache& cache,
                                       const upstream_settings& config) {
  const auto found = co_await async::with_timeout(10ms, upstream::resolve(host, cache, config));
  co_return found.has_value();
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_in_the_middle) {
  server.set("silent.test", dns_server::type::a, {dns_server::kind::silence, {}, 0});
  server.set("silent.test", dns_server::type::aaaa, {dns_server::kind::silence, {}, 0});
  config.dns_timeout = 3600s;
  BOOST_TEST(!test::run_sync(resolve_briefly("silent.test", cache, config)));
}

BOOST_AUTO_TEST_CASE(remembers_answers) {
  server.set("once.test", {"192.0.2.1"}, {"2001:db8::1"});
  const auto first = addresses("once.test");
  const auto asked = server.questions();
  BOOST_TEST(addresses("once.test") == first);
  BOOST_TEST(server.questions() == asked);
  cache.forget("once.test");
  BOOST_TEST(addresses("once.test") == first);
  BOOST_TEST(server.questions() > asked);
}

BOOST_AUTO_TEST_CASE(keeps_answers_within_the_limits) {
  server.set("zero.test", dns_server::type::a, {dns_server::kind::addresses, {"192.0.2.1"}, 0});
  server.set("long.test", dns_server::type::a, {dns_server::kind::addresses, {"192.0.2.1"}, 86'400});
  BOOST_TEST(addresses("zero.test") == "192.0.2.1");
  BOOST_TEST(addresses("long.test") == "192.0.2.1");
  const auto now = std::chrono::steady_clock::now();
  BOOST_TEST(cache.find("long.test", now + config.dns_cache_limit - 5s).size() == 1u);
  BOOST_TEST(cache.find("long.test", now + config.dns_cache_limit + 1s).size() == 0u);
  BOOST_TEST(cache.find("zero.test", now + 2s).size() == 0u);
}

/// A name of this machine's hosts file that is not localhost; empty when there is none.
std::string name_in_hosts_file() {
  std::ifstream file("/etc/hosts");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address, name;
    words >> address >> name;
    if (!name.empty() && name.find("localhost") == std::string::npos) return name;
  }
  return {};
}

BOOST_AUTO_TEST_CASE(reads_the_hosts_file) {
  const auto name = name_in_hosts_file();
  if (name.empty()) return;
  const auto found = resolve(name);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(!found->empty());
  BOOST_TEST(!cache.find(name, std::chrono::steady_clock::now() + 50s).empty());
}

BOOST_AUTO_TEST_CASE(the_cache_is_bounded) {
  const auto now = std::chrono::steady_clock::now();
  const std::vector addresses{boost::asio::ip::make_address("192.0.2.1")};
  cache.keep("first.test", addresses, now + 10s);
  for (std::size_t i = 0; i < upstream::dns_cache::max_entries; ++i) {
    cache.keep(std::to_string(i) + ".test", addresses, now + 20s);
  }
  BOOST_TEST(cache.find("first.test", now).empty());
  BOOST_TEST(cache.find("0.test", now).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
