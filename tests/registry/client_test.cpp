#include "registry/client.hpp"

#include "registry/registry_support.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(client_test)

BOOST_FIXTURE_TEST_CASE(a_response_counts_while_it_runs, registry_fixture) {
  const auto one = post("http://a/x");
  {
    const auto first = play(one, "c");
    const auto second = play(one, "c");
    const auto other = play(one, "d");
    BOOST_TEST(totals.active_streams == 1U);
    BOOST_TEST(totals.active_clients == 2U);
    BOOST_TEST(one->running == 3U);
    BOOST_TEST(one->clients == 2U);
    BOOST_TEST((*first)->by().running == 2U);
    (*first)->add_bytes(10);
    (*second)->add_bytes(20);
    (*other)->add_bytes(3);
  }
  BOOST_TEST(totals.active_streams == 0U);
  BOOST_TEST(totals.active_clients == 0U);
  BOOST_TEST(one->running == 0U);
  BOOST_TEST(one->clients == 2U);
  BOOST_TEST(one->bytes_served == 33U);
  BOOST_TEST(all.find_client("c")->bytes_served == 30U);
  BOOST_TEST(totals.total_bytes_served == 33U);
}

BOOST_FIXTURE_TEST_CASE(who_it_is_and_when, registry_fixture) {
  const auto one = post("http://a/x");
  const auto before = wall_clock::now();
  visit(one, "c");
  const auto who = all.find_client("c");
  BOOST_TEST(who->user_agent() == "mpv");
  BOOST_TEST(who->address() == "192.0.2.1");
  BOOST_TEST(&who->playing() == one.get());
  BOOST_TEST((who->first_seen() >= before));
  BOOST_TEST((who->last_seen() >= who->first_seen()));
  BOOST_TEST((one->last_access() >= before));
}

BOOST_FIXTURE_TEST_CASE(counters_are_exact_with_many_threads, registry_fixture) {
  const auto one = post("http://a/x");
  const auto other = post("http://b/x");
  constexpr unsigned rounds = 1'000;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (unsigned k = 0; k < rounds; ++k) {
        const auto response = play(k % 2 == 0 ? one : other, "c" + std::to_string((i + k) % 5));
        for (int piece = 0; piece < 10; ++piece)
          (*response)->add_bytes(7);
      }
    });
  }
  // What an operator does meanwhile must not disturb it.
  threads.emplace_back([&] {
    for (int k = 0; k < 200; ++k) {
      all.streams();
      all.clients();
      all.find_client("c1");
      all.clean_up(directory::clock::now());
      one->move_all_to(make_url("http://c/x"));
    }
  });
  for (auto& each : threads)
    each.join();
  constexpr std::uint64_t each_stream = 4ULL * rounds / 2 * 70;
  BOOST_TEST(one->bytes_served == each_stream);
  BOOST_TEST(other->bytes_served == each_stream);
  BOOST_TEST(totals.total_bytes_served == 2 * each_stream);
  std::uint64_t of_clients = 0;
  for (const auto& each : all.clients())
    of_clients += each->bytes_served;
  BOOST_TEST(of_clients == 2 * each_stream);
  BOOST_TEST(totals.active_clients == 0U);
  BOOST_TEST(totals.active_streams == 0U);
  BOOST_TEST(one->clients == all.clients_of(*one).size());
}

BOOST_AUTO_TEST_SUITE_END()
