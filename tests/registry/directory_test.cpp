#include "registry/directory.hpp"

#include "registry/registry_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::registry;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(directory_test)

BOOST_FIXTURE_TEST_CASE(posting_makes_a_stream, registry_fixture) {
  auto what = make_definition({"http://a/x.mkv", "http://b/x.mkv"});
  what.user_agent = "agent";
  what.metadata = {{"k", "v"}};
  const auto made = all.post(what);
  BOOST_TEST(made->id() == stream_id("http://a/x.mkv", {}));
  BOOST_TEST(made->definition()->sources.size() == 2U);
  BOOST_TEST(made->definition()->user_agent == "agent");
  BOOST_TEST((all.find_stream(made->id()) == made));
  BOOST_TEST(all.stream_count() == 1U);
  BOOST_TEST(!all.find_stream("unknown"));
}

BOOST_FIXTURE_TEST_CASE(posting_again_redefines_it, registry_fixture) {
  const auto made = post("http://a/x.mkv");
  made->bytes_served += 5;
  auto what = make_definition({"http://a/x.mkv", "http://b/x.mkv"});
  what.headers = {{"X", "y"}};
  BOOST_TEST((all.post(what) == made));
  BOOST_TEST(made->definition()->sources.size() == 2U);
  BOOST_TEST(made->definition()->headers.size() == 1U);
  post("http://a/x.mkv");
  BOOST_TEST(made->definition()->sources.size() == 1U);
  BOOST_TEST(made->definition()->headers.empty());
  BOOST_TEST(made->bytes_served == 5U);
  BOOST_TEST(all.stream_count() == 1U);
}

BOOST_FIXTURE_TEST_CASE(requests_with_a_url_find_or_make, registry_fixture) {
  const auto posted = post("http://a/x.mkv");
  BOOST_TEST((ask("http://a/x.mkv") == posted));
  const auto made = ask("http://b/x.mkv");
  BOOST_TEST((ask("http://b/x.mkv") == made));
  // A request's mirrors change only what no operator has posted.
  all.find_or_add(posted->id(), make_definition({"http://a/x.mkv", "http://m/x.mkv"}));
  BOOST_TEST(posted->definition()->sources.size() == 1U);
  all.find_or_add(made->id(), make_definition({"http://b/x.mkv", "http://m/x.mkv"}));
  BOOST_TEST(made->definition()->sources.size() == 2U);
  ask("http://b/x.mkv");
  BOOST_TEST(made->definition()->sources.size() == 2U);
  BOOST_TEST((post("http://b/x.mkv") == made));
  BOOST_TEST(made->definition()->sources.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(lists_are_in_the_order_of_creation, registry_fixture) {
  texts expected;
  for (int i = 0; i < 50; ++i)
    expected.push_back(post("http://a/" + std::to_string(i * 7919 % 50))->id());
  post("http://a/7");
  BOOST_TEST(ids(all.streams()) == expected, boost::test_tools::per_element());
  const auto one = all.streams().front();
  texts clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back("c" + std::to_string(i * 7919 % 50));
    visit(one, clients.back());
  }
  visit(one, "c7");
  BOOST_TEST(ids(all.clients()) == clients, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_removed_stream_stays_away_until_posted, registry_fixture) {
  const auto made = post("http://a/x");
  int stops = 0;
  const auto running = play(made, "c", &stops);
  const auto other = play(made, "d", &stops);
  const auto elsewhere = post("http://b/x");
  visit(elsewhere, "c");
  BOOST_TEST(all.remove_stream(made->id()));
  BOOST_TEST(stops == 2);
  BOOST_TEST(!all.find_stream(made->id()));
  BOOST_TEST(!ask("http://a/x"));
  BOOST_TEST(all.client_count() == 1U);
  BOOST_TEST((play(made, "e").error() == refusal::stream_deleted));
  BOOST_TEST(!all.remove_stream(made->id()));
  // Posted again it is another entry: the old responses do not belong to it.
  const auto again = post("http://a/x");
  BOOST_TEST((again != made));
  BOOST_TEST(again->clients == 0U);
  BOOST_TEST((play(made, "e").error() == refusal::stream_deleted));
  BOOST_TEST(play(again, "e").has_value());
}

BOOST_FIXTURE_TEST_CASE(streams_of_requests_can_be_removed_too, registry_fixture) {
  const auto made = ask("http://a/x");
  BOOST_TEST(all.remove_stream(made->id()));
  BOOST_TEST(!ask("http://a/x"));
  BOOST_TEST(all.post(make_definition({"http://a/x"})));
  BOOST_TEST(ask("http://a/x"));
}

BOOST_FIXTURE_TEST_CASE(only_so_many_deletions_are_remembered, registry_fixture) {
  config.max_deleted = 2;
  const auto first = ask("http://a/1");
  all.remove_stream(first->id());
  for (const auto* each : {"http://a/2", "http://a/3"})
    all.remove_stream(ask(each)->id());
  BOOST_TEST(!ask("http://a/2"));
  // Forgotten as deleted, but who had found the old entry may not revive it.
  BOOST_TEST((play(first, "c").error() == refusal::stream_deleted));
  BOOST_TEST(ask("http://a/1"));
}

BOOST_FIXTURE_TEST_CASE(deleted_posted_and_deleted_again, registry_fixture) {
  config.max_deleted = 2;
  for (int i = 0; i < 5; ++i) {
    post("http://a/1");
    all.remove_stream(stream_id("http://a/1", {}));
  }
  BOOST_TEST(!ask("http://a/1"));
}

BOOST_FIXTURE_TEST_CASE(idle_entries_go_in_time, registry_fixture) {
  config.client_timeout = 100s;
  config.stream_timeout = 50s;
  const auto posted = post("http://a/x");
  const auto asked = ask("http://b/x");
  visit(posted, "c");
  visit(asked, "c");
  const auto running = play(asked, "d");
  const auto now = directory::clock::now();
  all.clean_up(now + 99s);
  BOOST_TEST(all.client_count() == 3U);
  all.clean_up(now + 101s);
  BOOST_TEST(ids(all.clients()) == texts{"d"}, boost::test_tools::per_element());
  all.clean_up(now + 1000s);
  BOOST_TEST(all.stream_count() == 2U);
  BOOST_TEST(posted->clients == 0U);
  BOOST_TEST(asked->clients == 1U);
}

BOOST_FIXTURE_TEST_CASE(streams_of_requests_go_some_time_after_their_clients, registry_fixture) {
  config.client_timeout = 100s;
  config.stream_timeout = 50s;
  const auto asked = ask("http://b/x");
  const auto unplayed = ask("http://c/x");
  visit(asked, "c");
  const auto now = directory::clock::now();
  all.clean_up(now + 51s);
  BOOST_TEST(ids(all.streams()) == texts{asked->id()}, boost::test_tools::per_element());
  all.clean_up(now + 101s);
  BOOST_TEST(all.stream_count() == 1U);
  all.clean_up(now + 150s);
  BOOST_TEST(all.stream_count() == 1U);
  all.clean_up(now + 151s);
  BOOST_TEST(all.stream_count() == 0U);
  // A request that found it just before plays it all the same.
  const auto late = play(asked, "c");
  BOOST_TEST(late.has_value());
  BOOST_TEST((all.find_stream(asked->id()) == asked));
}

BOOST_AUTO_TEST_SUITE_END()
