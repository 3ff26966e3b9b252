#include "upstream/connector.hpp"

#include "async/combinators.hpp"
#include "support/run_sync.hpp"
#include "upstream/test_network.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <vector>

#include <poll.h>

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;
using boost::asio::io_context;
using boost::asio::ip::make_address;
using boost::asio::ip::tcp;

/// Listens at that address, at `port` or any.
tcp::acceptor listen_at(io_context& loop, const std::string& address, std::uint16_t port = 0) {
  return tcp::acceptor(loop, {make_address(address), port});
}

/// An address that never answers: its queue of connections is full.
class black_hole {
 public:
  black_hole(io_context& loop, const std::string& address, std::uint16_t port) : acceptor_(loop) {
    acceptor_.open(tcp::v4());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind({make_address(address), port});
    acceptor_.listen(0);
    do {
      auto& filler = fillers_.emplace_back(loop);
      filler.open(tcp::v4());
      // Asio's own connect() would wait, also on a non-blocking socket.
      filler.native_non_blocking(true);
      const auto full = acceptor_.local_endpoint();
      ::connect(filler.native_handle(), full.data(), static_cast<socklen_t>(full.size()));
    } while (is_connected(fillers_.back()));
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  static bool is_connected(tcp::socket& socket) {
    pollfd waiting{socket.native_handle(), POLLOUT, 0};
    return ::poll(&waiting, 1, 300) == 1;
  }

  tcp::acceptor acceptor_;
  std::vector<tcp::socket> fillers_;
};

std::uint16_t closed_port(io_context& loop) {
  return listen_at(loop, "127.0.0.1").local_endpoint().port();
}

std::string at(const std::string& host, std::uint16_t port, const std::string& scheme = "http") {
  return scheme + "://" + host + ":" + std::to_string(port) + "/";
}

struct fixture : test_network {
  io_context loop{1};

  fetch_result<std::unique_ptr<async::transport>> connect(const std::string& text,
                                                          std::optional<tcp::endpoint> pin = std::nullopt) {
    const auto target = make_url(text);
    return test::run_sync(loop, upstream::connect(via, target, pin));
  }
  /// The failure's code; `detail` keeps its words.
  error_code failing(const std::string& text, std::optional<tcp::endpoint> pin = std::nullopt) {
    const auto link = connect(text, pin);
    detail = link ? "" : link.error().detail;
    return link ? error_code() : link.error().code;
  }
  bool detail_has(const std::string& words) const { return detail.find(words) != std::string::npos; }

  std::string detail;
};

BOOST_FIXTURE_TEST_SUITE(connector_test, fixture)

BOOST_AUTO_TEST_CASE(connects_to_numbers_and_names) {
  auto listening = listen_at(loop, "127.0.0.1");
  const auto port = listening.local_endpoint().port();
  names.set("host.test", {"127.0.0.1"});
  for (const auto* host : {"127.0.0.1", "host.test", "localhost", "0x7f.1"}) {
    const auto link = connect(at(host, port));
    BOOST_REQUIRE_MESSAGE(link.has_value(), host << ": " << (link ? "" : to_string(link.error())));
    BOOST_TEST((*link)->remote() == listening.local_endpoint());
    BOOST_TEST(!(*link)->is_tls());
  }
}

BOOST_AUTO_TEST_CASE(a_refused_connection_has_its_own_code) {
  const auto port = closed_port(loop);
  BOOST_TEST(failing(at("127.0.0.1", port)) == error_code(errc::connection_refused));
  BOOST_TEST(detail == "connection to 127.0.0.1:" + std::to_string(port) + " refused");
  names.set("host.test", {"127.0.0.2", "127.0.0.3"}, {"::1"});
  BOOST_TEST(failing(at("host.test", port)) == error_code(errc::connection_refused));
}

BOOST_AUTO_TEST_CASE(all_failures_make_the_name_asked_again) {
  const auto port = closed_port(loop);
  names.set("host.test", {"127.0.0.2"});
  failing(at("host.test", port));
  const auto asked = names.questions();
  failing(at("host.test", port));
  BOOST_TEST(names.questions() > asked);
}

BOOST_AUTO_TEST_CASE(a_missing_name_is_not_found) {
  BOOST_TEST(failing("http://missing.test/") == error_code(errc::host_not_found));
  BOOST_TEST(detail_has("missing.test"));
}

BOOST_AUTO_TEST_CASE(forbidden_addresses_are_dropped) {
  auto listening = listen_at(loop, "127.0.0.1");
  names.set("host.test", {"169.254.169.254", "0.0.0.0", "127.0.0.1"}, {"fe80::1"});
  const auto link = connect(at("host.test", listening.local_endpoint().port()));
  BOOST_REQUIRE(link.has_value());
  BOOST_TEST((*link)->remote() == listening.local_endpoint());
}

BOOST_AUTO_TEST_CASE(only_forbidden_addresses_are_a_failure) {
  names.set("host.test", {"169.254.169.254"});
  BOOST_TEST(failing("http://host.test/") == error_code(errc::address_forbidden));
  BOOST_TEST(detail_has("never connects"));
  policy.add_own_endpoint({make_address("127.0.0.1"), 8001}, {});
  BOOST_TEST(failing("http://127.0.0.1:8001/") == error_code(errc::address_forbidden));
  BOOST_TEST(detail_has("where millrace listens itself"));
}

BOOST_AUTO_TEST_CASE(the_message_names_the_option_that_allows) {
  test_network strict({}, {"private"});
  for (const auto& [text, words] : {std::pair("http://127.0.0.1/", "--allow-upstream loopback"),
                                    std::pair("http://2130706433/", "--allow-upstream loopback"),
                                    std::pair("http://[::ffff:127.0.0.1]/", "--allow-upstream loopback"),
                                    std::pair("http://10.0.0.1/", "--deny-upstream")}) {
    const auto target = make_url(text);
    const auto link = test::run_sync(loop, upstream::connect(strict.via, target));
    BOOST_REQUIRE(link.has_error());
    BOOST_TEST(link.error().code == error_code(errc::address_forbidden));
    BOOST_TEST(link.error().detail.find(words) != std::string::npos, text << ": " << link.error().detail);
  }
}

BOOST_AUTO_TEST_CASE(a_silent_address_does_not_hold_up_the_next) {
  auto listening = listen_at(loop, "127.0.0.3");
  const auto port = listening.local_endpoint().port();
  const black_hole silent(loop, "127.0.0.2", port);
  names.set("host.test", {"127.0.0.2", "127.0.0.3"});
  config.connect_timeout = 1h;
  config.happy_eyeballs_delay = 20ms;
  const auto link = connect(at("host.test", port));
  BOOST_REQUIRE(link.has_value());
  BOOST_TEST((*link)->remote() == listening.local_endpoint());
}

BOOST_AUTO_TEST_CASE(after_a_failure_the_next_attempt_starts_at_once) {
  auto listening = listen_at(loop, "127.0.0.3");
  const auto port = listening.local_endpoint().port();
  names.set("host.test", {"127.0.0.2", "127.0.0.3"}, {"::1"});
  config.connect_timeout = 1h;
  config.happy_eyeballs_delay = 1h;
  const auto link = connect(at("host.test", port));
  BOOST_REQUIRE(link.has_value());
  BOOST_TEST((*link)->remote() == listening.local_endpoint());
}

BOOST_AUTO_TEST_CASE(a_refusal_beside_a_silent_address_waits_for_the_silent_one) {
  const black_hole silent(loop, "127.0.0.2", 0);
  names.set("host.test", {"127.0.0.2", "127.0.0.3"});
  config.connect_timeout = 100ms;
  config.happy_eyeballs_delay = 5ms;
  BOOST_TEST(failing(at("host.test", silent.port())) == error_code(errc::connect_timeout));
}

BOOST_AUTO_TEST_CASE(the_timeout_says_what_it_waited_for) {
  const black_hole silent(loop, "127.0.0.2", 0);
  config.connect_timeout = 30ms;
  BOOST_TEST(failing(at("127.0.0.2", silent.port())) == error_code(errc::connect_timeout));
  BOOST_TEST(detail_has("no connection to 127.0.0.2:"));

  auto listening = listen_at(loop, "127.0.0.1");  // accepts, but never shakes hands
  BOOST_TEST(failing(at("127.0.0.1", listening.local_endpoint().port(), "https")) ==
             error_code(errc::connect_timeout));
  BOOST_TEST(detail_has("TLS"));

  names.set("host.test", test::dns_server::type::a, {test::dns_server::kind::silence, {}, 0});
  BOOST_TEST(failing("http://host.test/") == error_code(errc::connect_timeout));
  BOOST_TEST(detail_has("DNS"));
}

async::awaitable<bool> connect_briefly(connector& via, const url& target) {
  const auto link = co_await async::with_timeout(10ms, upstream::connect(via, target));
  co_return link.has_value();
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_in_the_middle) {
  const black_hole silent(loop, "127.0.0.2", 0);
  names.set("host.test", {"127.0.0.2", "127.0.0.2", "127.0.0.2"});
  config.connect_timeout = 1h;
  config.happy_eyeballs_delay = 1ms;
  const auto target = make_url(at("host.test", silent.port()));
  BOOST_TEST(!test::run_sync(loop, connect_briefly(via, target)));
  loop.restart();
  BOOST_TEST(loop.run() == 0u);  // nothing is left that could run
}

BOOST_AUTO_TEST_CASE(deals_connections_over_the_local_addresses) {
  auto listening = listen_at(loop, "127.0.0.1");
  config.bind = {"127.0.0.5", "::1", "127.0.0.6"};
  std::vector<std::string> used;
  for (int i = 0; i < 4; ++i) {
    const auto link = connect(at("127.0.0.1", listening.local_endpoint().port()));
    BOOST_REQUIRE(link.has_value());
    used.push_back((*link)->local().address().to_string());
  }
  const std::vector<std::string> in_turn{"127.0.0.5", "127.0.0.6", "127.0.0.5", "127.0.0.6"};
  BOOST_TEST(used == in_turn, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_local_address_that_does_not_fit_is_explained) {
  auto listening = listen_at(loop, "127.0.0.1");
  const auto target = at("127.0.0.1", listening.local_endpoint().port());
  config.bind = {"::1"};
  BOOST_TEST(failing(target) == error_code(errc::connect_failed));
  BOOST_TEST(detail_has("--bind"));
  config.bind = {"192.0.2.1"};
  BOOST_TEST(failing(target) == error_code(errc::connect_failed));
  BOOST_TEST(detail_has("from 192.0.2.1"));
}

BOOST_AUTO_TEST_CASE(a_pin_replaces_the_lookup_but_not_the_check) {
  auto listening = listen_at(loop, "127.0.0.4");
  const auto link = connect("http://missing.test/", listening.local_endpoint());
  BOOST_REQUIRE(link.has_value());
  BOOST_TEST((*link)->remote() == listening.local_endpoint());
  BOOST_TEST(names.questions() == 0u);
  BOOST_TEST(failing("http://missing.test/", tcp::endpoint(make_address("169.254.169.254"), 80)) ==
             error_code(errc::address_forbidden));
}

BOOST_AUTO_TEST_CASE(secures_https) {
  const test::tls_server server(test_authority::shared().server, test::wait_for_end);
  names.set("host.test", {"127.0.0.1"});
  const auto link = connect(at("host.test", server.port(), "https"));
  BOOST_REQUIRE_MESSAGE(link.has_value(), to_string(link.error()));
  BOOST_TEST((*link)->is_tls());
}

BOOST_AUTO_TEST_CASE(tls_failures_are_explained) {
  const test::tls_server server(test_authority::shared().server, test::wait_for_end);
  names.set("other.example", {"127.0.0.1"});
  BOOST_TEST(failing(at("other.example", server.port(), "https")) == error_code(errc::tls_failed));
  BOOST_TEST(detail == "TLS with other.example:" + std::to_string(server.port()) +
                           " failed: certificate verify failed: host name mismatch");
}

struct web_row {
  std::vector<std::string> allow;
  const char* url;
  bool readable;
};
std::ostream& operator<<(std::ostream& out, const web_row& row) {
  return out << row.url;
}

const web_row web_rows[] = {
    {{}, "http://8.8.8.8/", true},
    {{}, "http://192.168.0.1/", false},
    {{"private"}, "http://192.168.0.1/", true},
    {{}, "http://127.0.0.1/", false},
    {{"loopback"}, "http://127.0.0.1/", true},
    {{}, "http://public.test/", true},
    {{}, "http://mixed.test/", false},
    {{"mixed.test"}, "http://mixed.test/", true},
    {{}, "http://missing.test/", false},
};

BOOST_DATA_TEST_CASE(knows_what_web_pages_may_read, web_rows, row) {
  test_network network(row.allow);
  network.names.set("public.test", {"8.8.8.8", "127.0.0.1"});  // the forbidden one does not count
  network.names.set("mixed.test", {"8.8.8.8", "192.168.0.1"});
  const auto target = make_url(row.url);
  BOOST_TEST(test::run_sync(loop, upstream::web_readable(network.via, target)) == row.readable);
}

struct forbidden_row {
  std::vector<std::string> allow, deny;
  const char* url;
  bool forbidden;
};
std::ostream& operator<<(std::ostream& out, const forbidden_row& row) {
  return out << row.url;
}

const forbidden_row forbidden_rows[] = {
    {{}, {}, "http://8.8.8.8/", false},
    {{}, {}, "http://192.168.0.1/", false},
    {{}, {"private"}, "http://192.168.0.1/", true},
    {{}, {}, "http://127.0.0.1/", true},
    {{}, {}, "http://localhost/", true},
    {{"loopback"}, {}, "http://127.0.0.1/", false},
    {{}, {}, "http://[fe80::1]/", true},
    {{"loopback"}, {}, "http://169.254.169.254/", true},
    // One address that may be connected to is enough.
    {{}, {}, "http://mixed.test/", false},
    {{}, {"public"}, "http://mixed.test/", true},
    // The name decides before it is looked up.
    {{}, {"missing.test"}, "http://missing.test/", true},
    {{}, {"*.test"}, "http://mixed.test/", true},
    {{}, {"*.test"}, "http://silent.test/", true},
    // Nobody knows the addresses: each connection will be checked.
    {{}, {}, "http://missing.test/", false},
    {{}, {"public"}, "http://silent.test/", false},
};

BOOST_DATA_TEST_CASE(knows_what_is_forbidden, forbidden_rows, row) {
  test_network network(row.allow, row.deny);
  network.names.set("mixed.test", {"8.8.8.8", "127.0.0.1"});
  network.names.set("silent.test", test::dns_server::type::a, {test::dns_server::kind::silence, {}, 0});
  const auto target = make_url(row.url);
  BOOST_TEST(test::run_sync(loop, upstream::is_forbidden(network.via, target, 50ms)) == row.forbidden);
}

BOOST_AUTO_TEST_CASE(where_millrace_listens_is_forbidden) {
  policy.add_own_endpoint({make_address("127.0.0.1"), 8001}, {});
  const auto own = make_url("http://127.0.0.1:8001/"), other = make_url("http://127.0.0.1:8002/");
  BOOST_TEST(test::run_sync(loop, upstream::is_forbidden(via, own, 1s)));
  BOOST_TEST(!test::run_sync(loop, upstream::is_forbidden(via, other, 1s)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
