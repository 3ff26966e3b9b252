#include "async/combinators.hpp"

#include "async/event.hpp"
#include "async/task_group.hpp"
#include "support/run_sync.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using async::awaitable;

/// Counts the coroutines that are inside.
struct presence {
  explicit presence(int& count) : inside(count) { ++inside; }
  ~presence() { --inside; }
  int& inside;
};

awaitable<std::unique_ptr<int>> quick(int value) {
  co_return std::make_unique<int>(value);
}

awaitable<int> failing() {
  throw std::runtime_error("broken");
  co_return 0;
}

awaitable<int> endless(int& alive) {
  presence here(alive);
  co_await async::sleep_for(1h);
  co_return 1;
}

/// Takes its time to end after the cancellation.
awaitable<int> slow_to_end(int& alive) {
  presence here(alive);
  try {
    co_await async::sleep_for(1h);
  } catch (const boost::system::system_error&) {
  }
  co_await boost::asio::this_coro::reset_cancellation_state();
  co_await async::sleep_for(20ms);
  co_return 1;
}

BOOST_AUTO_TEST_SUITE(with_timeout_test)

BOOST_AUTO_TEST_CASE(passes_a_value_on) {
  const auto value = test::run_sync(async::with_timeout(1min, quick(7)));
  BOOST_REQUIRE(value.has_value());
  BOOST_TEST(**value == 7);
}

BOOST_AUTO_TEST_CASE(passes_an_exception_on) {
  BOOST_CHECK_THROW(test::run_sync(async::with_timeout(1min, failing())), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(cancels_what_takes_too_long) {
  int alive = 0;
  const auto value = test::run_sync(async::with_timeout(10ms, endless(alive)));
  BOOST_TEST(!value.has_value());
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(returns_only_after_the_operation_has_ended) {
  int alive = 0;
  const auto value = test::run_sync(async::with_timeout(10ms, slow_to_end(alive)));
  BOOST_TEST(!value.has_value());
  BOOST_TEST(alive == 0);
}

awaitable<void> wait_long(int& alive, bool& returned) {
  const auto value = co_await async::with_timeout(1h, endless(alive));
  returned = value.has_value() || !value.has_value();
}

awaitable<void> cancel_from_outside(int& alive, bool& returned) {
  const auto on = co_await boost::asio::this_coro::executor;
  async::task_group group(on);
  group.spawn(wait_long(alive, returned));
  while (alive == 0) {
    co_await boost::asio::post(on, boost::asio::use_awaitable);
  }
  group.cancel();
  co_await group.join();
}

BOOST_AUTO_TEST_CASE(a_cancelled_owner_is_no_timeout) {
  int alive = 0;
  bool returned = false;
  test::run_sync(cancel_from_outside(alive, returned));
  BOOST_TEST(alive == 0);
  BOOST_TEST(!returned);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
