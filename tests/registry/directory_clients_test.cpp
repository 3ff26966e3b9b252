#include "registry/directory.hpp"
#include "registry/registry_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace::registry;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(directory_clients_test)

BOOST_FIXTURE_TEST_CASE(one_name_on_several_streams, registry_fixture) {
  const auto one = post("http://a/x");
  const auto other = post("http://b/x");
  visit(one, "tv");
  visit(other, "tv");
  visit(other, "phone");
  BOOST_TEST(all.client_count() == 3U);
  BOOST_TEST(one->clients == 1U);
  BOOST_TEST(other->clients == 2U);
  BOOST_TEST(all.clients_of(*one).size() == 1U);
  BOOST_TEST(all.clients_of(*other).size() == 2U);
  // The one that plays, else the one that was seen last.
  BOOST_TEST(&all.find_client("tv")->playing() == other.get());
  {
    const auto running = play(one, "tv");
    BOOST_TEST(&all.find_client("tv")->playing() == one.get());
  }
  BOOST_TEST(!all.find_client("t"));
  BOOST_TEST(!all.find_client("tv2"));
  BOOST_TEST(!all.find_client(""));
}

BOOST_FIXTURE_TEST_CASE(a_client_keeps_its_entry, registry_fixture) {
  const auto one = post("http://a/x");
  visit(one, "tv");
  const auto who = all.find_client("tv");
  visit(one, "tv");
  BOOST_TEST((all.find_client("tv") == who));
  BOOST_TEST(all.client_count() == 1U);
}

BOOST_FIXTURE_TEST_CASE(removing_a_client_stops_its_responses_only, registry_fixture) {
  const auto one = post("http://a/x");
  const auto other = post("http://b/x");
  int stops = 0, others = 0;
  const auto first = play(one, "tv", &stops);
  const auto second = play(one, "tv", &stops);
  const auto third = play(other, "tv", &stops);
  const auto phone = play(one, "phone", &others);
  BOOST_TEST(all.remove_client("tv"));
  BOOST_TEST(stops == 3);
  BOOST_TEST(others == 0);
  BOOST_TEST(all.client_count() == 1U);
  BOOST_TEST(one->clients == 1U);
  BOOST_TEST((play(one, "tv").error() == refusal::client_deleted));
  BOOST_TEST((play(other, "tv").error() == refusal::client_deleted));
  BOOST_TEST(!all.remove_client("tv"));
  // What its sockets still accept counts.
  (*first)->add_bytes(5);
  BOOST_TEST(one->bytes_served == 5U);
}

BOOST_FIXTURE_TEST_CASE(removing_a_client_of_one_stream, registry_fixture) {
  const auto one = post("http://a/x");
  const auto other = post("http://b/x");
  int stops = 0, others = 0;
  const auto first = play(one, "tv", &stops);
  const auto second = play(other, "tv", &others);
  BOOST_TEST(!all.remove_client("tv", "unknown"));
  BOOST_TEST(!all.remove_client("phone", one->id()));
  BOOST_TEST(all.remove_client("tv", one->id()));
  BOOST_TEST(stops == 1);
  BOOST_TEST(others == 0);
  BOOST_TEST((play(one, "tv").error() == refusal::client_deleted));
  BOOST_TEST(play(other, "tv").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_removed_client_may_come_back_after_the_timeout, registry_fixture) {
  config.client_timeout = 1h;
  const auto one = post("http://a/x");
  visit(one, "tv");
  all.remove_client("tv");
  const auto now = directory::clock::now();
  all.clean_up(now + 59min);
  BOOST_TEST((play(one, "tv").error() == refusal::client_deleted));
  all.clean_up(now + 61min);
  BOOST_TEST(play(one, "tv").has_value());
  // Without a clean-up, too.
  config.client_timeout = 0s;
  all.remove_client("tv");
  BOOST_TEST(play(one, "tv").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_removed_stream_takes_its_clients_along, registry_fixture) {
  const auto one = post("http://a/x");
  visit(one, "tv");
  all.remove_stream(one->id());
  BOOST_TEST(!all.find_client("tv"));
  BOOST_TEST(!all.remove_client("tv"));
}

BOOST_AUTO_TEST_SUITE_END()
