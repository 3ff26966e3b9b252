#include "live/broadcast.hpp"

#include "live/broadcast_support.hpp"

#include <thread>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(broadcast_test)

BOOST_FIXTURE_TEST_CASE(clients_of_a_loop_share_a_feed, broadcast_fixture) {
  const auto one = show->join(here);
  const auto two = show->join(here);
  boost::asio::io_context other_loop(1);
  const auto far = show->join(other_loop.get_executor());
  BOOST_TEST(&one->from() == &two->from());
  BOOST_TEST(&one->from() != &far->from());
  BOOST_TEST(show->viewers() == 3U);
  publish(10);
  BOOST_TEST(one->from().empty());
  settle();
  BOOST_TEST(one->from().end() == 10U * 188);
  BOOST_TEST(far->from().empty());
  other_loop.poll();
  BOOST_TEST(far->from().end() == 10U * 188);
}

BOOST_FIXTURE_TEST_CASE(a_late_client_finds_what_is_kept, broadcast_fixture) {
  for (int i = 0; i < 30; ++i)
    publish(10);
  const auto late = show->join(here);
  BOOST_TEST(late->from().end() == 300U * 188);
  BOOST_TEST(late->from().end() - late->from().begin() >= 100U * 188);
  BOOST_TEST(late->from().end() - late->from().begin() <= 110U * 188);
  publish(10);
  settle();
  BOOST_TEST(late->from().end() == 310U * 188);
}

BOOST_FIXTURE_TEST_CASE(the_end_reaches_everybody, broadcast_fixture) {
  const auto seat = show->join(here);
  show->finish({.complete = true, .cause = {}});
  settle();
  BOOST_TEST(seat->from().ended()->complete);
  BOOST_TEST(show->join(here) == nullptr);
  BOOST_TEST(!show->order({url::parse("http://192.0.2.1/b.ts").value(), {}}));
}

BOOST_FIXTURE_TEST_CASE(closed_only_when_empty, broadcast_fixture) {
  auto seat = show->join(here);
  BOOST_TEST(!show->close_if_empty());
  seat.reset();
  BOOST_TEST(show->viewers() == 0U);
  seat = show->join(here);
  BOOST_TEST((seat != nullptr));
  BOOST_TEST(!show->close_if_empty());
  seat.reset();
  BOOST_TEST(show->close_if_empty());
  BOOST_TEST(show->join(here) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(the_last_to_leave_calls_attention, broadcast_fixture) {
  auto one = show->join(here);
  auto two = show->join(here);
  bool called = false;
  const auto wait = [](live::broadcast& what, bool& told) -> async::awaitable<void> {
    co_await what.attention().wait();
    told = true;
  };
  boost::asio::co_spawn(loop, wait(*show, called), [](const std::exception_ptr&) {});
  settle();
  one.reset();
  settle();
  BOOST_TEST(!called);
  two.reset();
  settle();
  BOOST_TEST(called);
}

BOOST_FIXTURE_TEST_CASE(the_fastest_sets_the_pace, broadcast_fixture) {
  publish(50);
  BOOST_TEST(show->fastest() == show->published());
  const auto slow = show->join(here);
  const auto fast = show->join(here);
  slow->advance(188);
  fast->advance(188 * 20);
  BOOST_TEST(show->fastest() == 188U * 20);
}

// Whoever reads the upstream waits for the fastest without looking again and again.
BOOST_FIXTURE_TEST_CASE(the_reader_is_woken_once_a_client_gets_on, broadcast_fixture) {
  const auto one = show->join(here);
  auto two = show->join(here);
  int woken = 0;
  const auto count = [](live::broadcast& what, int& times) -> async::awaitable<void> {
    for (;;) {
      co_await what.reader().wait();
      ++times;
    }
  };
  boost::asio::co_spawn(loop, count(*show, woken), [](const std::exception_ptr&) {});
  const auto after = [&](const auto& act) {
    act();
    settle();
    return std::exchange(woken, 0);
  };
  BOOST_TEST(after([&] { one->advance(188 * 10); }) == 0);  // nobody waits for it
  show->watch_beyond(188 * 10);
  BOOST_TEST(after([&] { two->advance(188 * 10); }) == 0);
  BOOST_TEST(after([&] { two->advance(188 * 11); }) == 1);
  BOOST_TEST(after([&] { two->advance(188 * 12); }) == 0);
  show->watch_beyond(188 * 12);
  BOOST_TEST(after([&] { two.reset(); }) == 1);
  show->watch_beyond(188 * 12);
  BOOST_TEST(after([&] { two = show->join(here); }) == 0);
  BOOST_TEST(after([&] { two->advance(188 * 13); }) == 1);
}

// Refused orders tell that there is nothing on the air: the source may work nevertheless.
BOOST_FIXTURE_TEST_CASE(orders, broadcast_fixture) {
  const auto source = url::parse("http://192.0.2.1/b.ts").value();
  std::vector<error_code> replies;
  const auto reply = [&](const fetch_result<void>& outcome) {
    replies.push_back(outcome ? error_code() : outcome.error().code);
  };
  BOOST_TEST(show->order({source, reply}));
  BOOST_TEST(show->order({source, reply}));
  const auto taken = show->take_order();
  BOOST_REQUIRE(taken.has_value());
  BOOST_TEST((taken->source == source));
  BOOST_TEST(show->take_orders(source).size() == 1U);
  BOOST_TEST(!show->take_order().has_value());
  BOOST_TEST(show->order({source, reply}));
  show->finish({.complete = false, .cause = {.code = errc::connection_lost, .detail = {}}});
  BOOST_REQUIRE_EQUAL(replies.size(), 1U);
  BOOST_TEST(replies.front() == error_code(errc::body_ended));
}

BOOST_FIXTURE_TEST_CASE(clients_come_and_go_on_all_threads, broadcast_fixture) {
  std::vector<std::thread> crowd;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    crowd.emplace_back([&] {
      boost::asio::io_context loop_of_thread(1);
      const async::executor there = loop_of_thread.get_executor();
      for (int i = 0; i < 300; ++i) {
        const auto seat = show->join(there);
        loop_of_thread.restart();
        loop_of_thread.poll();
        const auto& from = seat->from();
        if (!from.empty() && from.at(from.begin())->begin.at != from.begin()) ++wrong;
      }
      loop_of_thread.restart();
      loop_of_thread.poll();
    });
  }
  for (int i = 0; i < 300; ++i)
    publish(5);
  for (auto& each : crowd)
    each.join();
  settle();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(show->viewers() == 0U);
  BOOST_TEST(show->close_if_empty());
}

BOOST_AUTO_TEST_SUITE_END()
