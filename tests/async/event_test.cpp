#include "async/event.hpp"

#include "async/task_group.hpp"
#include "support/run_sync.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using async::awaitable;

awaitable<void> wait_and_count(async::event& source, int& woken) {
  co_await source.wait();
  ++woken;
}

awaitable<void> remember_whether_notified(async::event& source, std::optional<bool>& outcome) {
  outcome = co_await source.try_wait();
}

BOOST_AUTO_TEST_SUITE(event_test)

BOOST_AUTO_TEST_CASE(remembers_a_notification_without_a_waiter) {
  boost::asio::io_context loop(1);
  async::event ready(loop.get_executor());
  int woken = 0;
  ready.notify();
  test::run_sync(loop, wait_and_count(ready, woken));
  BOOST_TEST(woken == 1);
}

BOOST_AUTO_TEST_CASE(wakes_a_waiter) {
  boost::asio::io_context loop(1);
  async::event ready(loop.get_executor());
  int woken = 0;
  boost::asio::co_spawn(loop, wait_and_count(ready, woken), [](std::exception_ptr) {});
  loop.poll();
  BOOST_TEST(woken == 0);
  ready.notify();
  loop.restart();
  loop.run();
  BOOST_TEST(woken == 1);
}

BOOST_AUTO_TEST_CASE(several_notifications_are_one) {
  boost::asio::io_context loop(1);
  async::event ready(loop.get_executor());
  int woken = 0;
  for (int i = 0; i < 3; ++i)
    ready.notify();
  for (int i = 0; i < 2; ++i) {
    boost::asio::co_spawn(loop, wait_and_count(ready, woken), [](std::exception_ptr) {});
    loop.restart();
    loop.poll();
  }
  BOOST_TEST(woken == 1);
  ready.notify();
  loop.restart();
  loop.run();
  BOOST_TEST(woken == 2);
}

awaitable<void> cancel_a_waiter(std::optional<bool>& outcome) {
  const auto on = co_await boost::asio::this_coro::executor;
  async::event never(on);
  async::task_group group(on);
  group.spawn(remember_whether_notified(never, outcome));
  co_await boost::asio::post(on, boost::asio::use_awaitable);
  group.cancel();
  co_await group.join();
}

BOOST_AUTO_TEST_CASE(try_wait_answers_false_when_cancelled) {
  std::optional<bool> outcome;
  test::run_sync(cancel_a_waiter(outcome));
  BOOST_REQUIRE(outcome.has_value());
  BOOST_TEST(!*outcome);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
