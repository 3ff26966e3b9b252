// What happens when there are too many entries.

#include "registry/directory.hpp"
#include "registry/registry_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace::registry;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(directory_limits_test)

namespace {

std::string numbered(int i) {
  return "http://a/" + std::to_string(i);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(too_many_posted_streams, registry_fixture) {
  config.max_posted = 2;
  BOOST_TEST(post("http://a/1"));
  BOOST_TEST(post("http://a/2"));
  BOOST_TEST(!post("http://a/3"));
  BOOST_TEST(post("http://a/1"));  // no new one
  BOOST_TEST(ask("http://a/3"));   // these have another limit
  BOOST_TEST(!post("http://a/3"));
  all.remove_stream(stream_id("http://a/1", {}));
  BOOST_TEST(post("http://a/3"));
  BOOST_TEST(!post("http://a/1"));
  BOOST_TEST(all.stream_count() == 2U);
}

BOOST_FIXTURE_TEST_CASE(the_longest_idle_streams_of_requests_make_room, registry_fixture) {
  config.max_streams = 4;
  const auto posted = post("http://p/x");
  const auto running = ask(numbered(0));
  const auto response = play(running, "c");
  for (int i = 1; i < 4; ++i)
    visit(ask(numbered(i)), "c");
  ask(numbered(4));
  BOOST_TEST(all.find_stream(posted->id()));
  BOOST_TEST(all.find_stream(running->id()));
  BOOST_TEST(!all.find_stream(stream_id(numbered(1), {})));
  BOOST_TEST(all.find_stream(stream_id(numbered(2), {})));
  BOOST_TEST(all.stream_count() == 5U);
  // Its clients went, too.
  BOOST_TEST(all.client_count() == 3U);
  for (int i = 5; i < 1000; ++i)
    visit(ask(numbered(i)), "c" + std::to_string(i));
  BOOST_TEST(all.stream_count() == 5U);
  BOOST_TEST(all.client_count() <= 4U);
  BOOST_TEST(all.find_stream(running->id()));
}

BOOST_FIXTURE_TEST_CASE(what_plays_is_never_dropped, registry_fixture) {
  config.max_streams = 2;
  config.max_clients = 2;
  std::vector<directory::played> running;
  for (int i = 0; i < 10; ++i) {
    running.push_back(play(ask(numbered(i)), "c" + std::to_string(i)));
    BOOST_TEST(running.back().has_value());
  }
  BOOST_TEST(all.stream_count() == 10U);
  BOOST_TEST(all.client_count() == 10U);
  running.clear();
  visit(ask(numbered(10)), "c10");
  BOOST_TEST(all.stream_count() == 10U);
}

BOOST_FIXTURE_TEST_CASE(the_longest_idle_clients_make_room, registry_fixture) {
  config.max_clients = 16;
  const auto one = post("http://a/x");
  const auto running = play(one, "running");
  for (int i = 0; i < 15; ++i)
    visit(one, "c" + std::to_string(i));
  BOOST_TEST(all.client_count() == 16U);
  visit(one, "new");
  BOOST_TEST(all.find_client("new"));
  BOOST_TEST(all.find_client("running"));
  BOOST_TEST(!all.find_client("c0"));
  BOOST_TEST(!all.find_client("c2"));
  BOOST_TEST(all.find_client("c3"));
  BOOST_TEST(one->clients == all.client_count());
  for (int i = 0; i < 1000; ++i)
    visit(one, "d" + std::to_string(i));
  BOOST_TEST(all.client_count() <= 16U);
  BOOST_TEST(all.find_client("running"));
  BOOST_TEST(one->clients == all.client_count());
}

BOOST_AUTO_TEST_SUITE_END()
