#include "async/task_group.hpp"

#include "async/combinators.hpp"
#include "support/run_sync.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using async::awaitable;
using async::task_group;

struct presence {
  explicit presence(int& count) : inside(count) { ++inside; }
  ~presence() { --inside; }
  int& inside;
};

awaitable<void> yield() {
  const auto on = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(on, boost::asio::use_awaitable);
}

awaitable<void> endless(int& alive) {
  presence here(alive);
  co_await async::sleep_for(1h);
}

awaitable<void> count_to(int turns, int& finished) {
  for (int i = 0; i < turns; ++i)
    co_await yield();
  ++finished;
}

awaitable<void> fail_after(int turns, std::string text) {
  for (int i = 0; i < turns; ++i)
    co_await yield();
  throw std::runtime_error(text);
}

awaitable<void> until_alive(const int& alive, int wanted) {
  while (alive < wanted)
    co_await yield();
}

/// The group is joined whatever happens, so that a failing test does not end in the group's assertion.
awaitable<std::string> join_and_name_failure(task_group& group) {
  std::string name;
  try {
    co_await group.join();
  } catch (const boost::system::system_error& error) {
    name = error.code() == boost::asio::error::operation_aborted ? "aborted" : "system_error";
  } catch (const std::exception& error) {
    name = error.what();
  }
  co_return name;
}

awaitable<void> run_children(int& finished) {
  task_group group(co_await boost::asio::this_coro::executor);
  for (int i = 0; i < 5; ++i)
    group.spawn(count_to(i, finished));
  co_await group.join();
  BOOST_TEST(group.size() == 0u);
}

awaitable<void> cancel_children(int& alive) {
  task_group group(co_await boost::asio::this_coro::executor);
  for (int i = 0; i < 5; ++i)
    group.spawn(endless(alive));
  co_await until_alive(alive, 5);
  group.cancel();
  const auto failure = co_await join_and_name_failure(group);
  BOOST_TEST(failure == "");  // being cancelled is no failure
}

awaitable<void> cancel_before_start(int& alive) {
  task_group group(co_await boost::asio::this_coro::executor);
  group.spawn(endless(alive));
  group.cancel();
  const auto failure = co_await join_and_name_failure(group);
  BOOST_TEST(failure == "");
}

awaitable<void> fail_children() {
  task_group group(co_await boost::asio::this_coro::executor);
  group.spawn(fail_after(3, "second"));
  group.spawn(fail_after(1, "first"));
  const auto failure = co_await join_and_name_failure(group);
  BOOST_TEST(failure == "first");
  BOOST_TEST(group.size() == 0u);
}

awaitable<void> join_forever(int& alive, std::string& failure) {
  task_group group(co_await boost::asio::this_coro::executor);
  group.spawn(endless(alive));
  group.spawn(endless(alive));
  failure = co_await join_and_name_failure(group);
}

awaitable<void> cancel_the_joiner(std::string& failure) {
  int alive = 0;
  task_group outer(co_await boost::asio::this_coro::executor);
  outer.spawn(join_forever(alive, failure));
  co_await until_alive(alive, 2);
  outer.cancel();
  co_await outer.join();
  BOOST_TEST(alive == 0);
}

awaitable<void> wait_for(async::event& release) {
  co_await release.wait();
}

awaitable<void> join_both(async::event& release, int& alive, std::string& failure) {
  task_group group(co_await boost::asio::this_coro::executor);
  group.spawn(endless(alive));
  group.spawn(wait_for(release));
  failure = co_await join_and_name_failure(group);
  BOOST_TEST(group.size() == 0u);
}

awaitable<void> cancel_a_notified_joiner(int turns) {
  const auto on = co_await boost::asio::this_coro::executor;
  int alive = 0;
  std::string failure;
  async::event release(on);
  task_group outer(on);
  outer.spawn(join_both(release, alive, failure));
  co_await until_alive(alive, 1);
  release.notify();
  for (int i = 0; i < turns; ++i)
    co_await boost::asio::post(boost::asio::use_awaitable);
  outer.cancel();
  co_await outer.join();
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_SUITE(task_group_test)

BOOST_AUTO_TEST_CASE(a_cancellation_beside_a_notification_leaves_nothing_alive) {
  // One of these turns meets the joiner between its notification and its resumption.
  for (int turns = 0; turns < 8; ++turns)
    test::run_sync(cancel_a_notified_joiner(turns));
}

BOOST_AUTO_TEST_CASE(join_waits_for_every_child) {
  int finished = 0;
  test::run_sync(run_children(finished));
  BOOST_TEST(finished == 5);
}

BOOST_AUTO_TEST_CASE(cancel_in_the_middle_leaves_nothing_alive) {
  int alive = 0;
  test::run_sync(cancel_children(alive));
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(cancel_reaches_a_child_that_has_just_been_spawned) {
  int alive = 0;
  test::run_sync(cancel_before_start(alive));
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(join_throws_the_first_failure_after_the_last_child) {
  test::run_sync(fail_children());
}

BOOST_AUTO_TEST_CASE(a_cancelled_join_cancels_the_children_and_says_so) {
  std::string failure;
  test::run_sync(cancel_the_joiner(failure));
  BOOST_TEST(failure == "aborted");
}

BOOST_AUTO_TEST_SUITE_END()

awaitable<void> start_and_leave(int& alive, task_group& group) {
  group.spawn(endless(alive));
  co_await until_alive(alive, 1);
}

awaitable<void> start_and_throw(int& alive, task_group& group) {
  group.spawn(endless(alive));
  co_await until_alive(alive, 1);
  throw std::runtime_error("body");
}

awaitable<void> start_and_wait(int& alive, task_group& group) {
  group.spawn(endless(alive));
  co_await endless(alive);
}

awaitable<void> start_failing(task_group& group) {
  group.spawn(fail_after(1, "child"));
  co_await group.join();
}

awaitable<void> scope(int& alive, awaitable<void> (*body)(int&, task_group&)) {
  std::function<awaitable<void>(task_group&)> bound = [&alive, body](task_group& group) {
    return body(alive, group);
  };
  co_await async::with_task_group(std::move(bound));
}

awaitable<void> cancel_a_scope(int& alive) {
  task_group outer(co_await boost::asio::this_coro::executor);
  outer.spawn(scope(alive, start_and_wait));
  co_await until_alive(alive, 2);
  outer.cancel();
  co_await outer.join();
}

BOOST_AUTO_TEST_SUITE(with_task_group_test)

BOOST_AUTO_TEST_CASE(children_end_with_the_scope) {
  int alive = 0;
  test::run_sync(scope(alive, start_and_leave));
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(children_end_when_the_body_throws) {
  int alive = 0;
  BOOST_CHECK_EXCEPTION(test::run_sync(scope(alive, start_and_throw)), std::runtime_error,
                        [](const auto& error) { return error.what() == std::string("body"); });
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(children_end_when_the_owner_is_cancelled) {
  int alive = 0;
  test::run_sync(cancel_a_scope(alive));
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(a_failing_child_fails_the_scope) {
  BOOST_CHECK_EXCEPTION(test::run_sync(async::with_task_group(start_failing)), std::runtime_error,
                        [](const auto& error) { return error.what() == std::string("child"); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
