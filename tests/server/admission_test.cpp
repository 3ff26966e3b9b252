#include "server/admission.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>
#include <vector>

using boost::asio::ip::make_address;
using millrace::server::admission;
namespace registry = millrace::registry;

BOOST_AUTO_TEST_SUITE(admission_test)

BOOST_AUTO_TEST_CASE(the_limit_counts_places_that_are_held) {
  registry::statistics counters;
  admission clients(2, 0, counters);
  std::vector<admission::place> places;
  for (int i = 0; i < 2; ++i)
    places.push_back(*clients.admit(make_address("10.0.0.1"), false));
  BOOST_TEST(!clients.admit(make_address("10.0.0.2"), false).has_value());
  BOOST_TEST(clients.open() == 2);
  BOOST_TEST(counters.struck(registry::limit::clients) == 1);
  places.pop_back();
  BOOST_TEST(clients.open() == 1);
  BOOST_TEST(clients.admit(make_address("10.0.0.2"), false).has_value());
}

BOOST_AUTO_TEST_CASE(the_limit_per_address_spares_proxies) {
  registry::statistics counters;
  admission clients(10, 1, counters);
  const auto one = clients.admit(make_address("10.0.0.1"), false);
  BOOST_TEST(one.has_value());
  BOOST_TEST(!clients.admit(make_address("10.0.0.1"), false).has_value());
  BOOST_TEST(clients.admit(make_address("10.0.0.2"), false).has_value());
  const auto proxied = clients.admit(make_address("10.0.0.3"), true);
  const auto more = clients.admit(make_address("10.0.0.3"), true);
  BOOST_TEST(more.has_value());
  BOOST_TEST(clients.open() == 3);
}

BOOST_AUTO_TEST_CASE(requests_behind_a_proxy_count_like_connections) {
  registry::statistics counters;
  admission clients(10, 2, counters);
  const auto client = make_address("10.0.0.9");
  const auto connected = clients.admit(client, false);
  {
    const auto first = clients.admit_request(client);
    BOOST_TEST(first.has_value());
    BOOST_TEST(!clients.admit_request(client).has_value());
    BOOST_TEST(!clients.admit(client, false).has_value());
    BOOST_TEST(clients.admit_request(make_address("10.0.0.8")).has_value());
  }
  BOOST_TEST(counters.struck(registry::limit::clients_per_address) == 2);
  BOOST_TEST(clients.admit_request(client).has_value());
  BOOST_TEST(clients.open() == 1);
}

BOOST_AUTO_TEST_CASE(a_place_that_is_left_can_be_taken_again) {
  registry::statistics counters;
  admission clients(10, 1, counters);
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(clients.admit(make_address("10.0.0.1"), false).has_value());
}

BOOST_AUTO_TEST_CASE(moved_places_are_left_once) {
  registry::statistics counters;
  admission clients(10, 0, counters);
  int empty = 0;
  clients.on_empty([&] { ++empty; });
  std::atomic<std::size_t> sessions{0};
  {
    auto place = *clients.admit(make_address("10.0.0.1"), false);
    place.assign_to(sessions);
    const auto moved = std::move(place);
    BOOST_TEST(sessions == 1);
    BOOST_TEST(clients.open() == 1);
  }
  BOOST_TEST(sessions == 0);
  BOOST_TEST(clients.open() == 0);
  BOOST_TEST(empty == 1);
}

BOOST_AUTO_TEST_SUITE_END()
