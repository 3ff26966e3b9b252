#include "live/hub.hpp"

#include "live/broadcast_support.hpp"

#include <thread>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(hub_test)

namespace {

const std::string id(32, 'a');

async::awaitable<void> wait_for(live::hub& at, bool& done) {
  co_await at.wait_opened(id);
  done = true;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_is_on_the_air, broadcast_fixture) {
  live::hub all;
  BOOST_TEST((all.find(id) == nullptr));
  all.add(show);
  BOOST_TEST((all.find(id) == show));
  // Another one took its place: the old one must not take that away.
  const auto old = show;
  begin();
  all.add(show);
  all.remove(*old);
  BOOST_TEST((all.find(id) == show));
  all.remove(*show);
  BOOST_TEST((all.find(id) == nullptr));
}

BOOST_FIXTURE_TEST_CASE(one_opens_and_the_others_wait, broadcast_fixture) {
  live::hub all;
  auto opening = all.try_open(id);
  BOOST_TEST((opening != nullptr));
  BOOST_TEST((all.try_open(id) == nullptr));
  BOOST_TEST((all.try_open("other") != nullptr));
  bool first = false, second = false;
  boost::asio::co_spawn(loop, wait_for(all, first), [](const std::exception_ptr&) {});
  boost::asio::co_spawn(loop, wait_for(all, second), [](const std::exception_ptr&) {});
  settle();
  BOOST_TEST(!first);
  opening.reset();
  settle();
  BOOST_TEST(first);
  BOOST_TEST(second);
  BOOST_TEST((all.try_open(id) != nullptr));
  bool third = false;
  boost::asio::co_spawn(loop, wait_for(all, third), [](const std::exception_ptr&) {});
  settle();
  BOOST_TEST(third);
}

// A client that leaves while it waits is not told, and nobody misses it.
BOOST_AUTO_TEST_CASE(who_waits_may_leave) {
  live::hub all;
  auto opening = all.try_open(id);
  bool done = false;
  {
    boost::asio::io_context loop(1);
    boost::asio::co_spawn(loop, wait_for(all, done), [](const std::exception_ptr&) {});
    loop.poll();
    opening.reset();
  }
  BOOST_TEST(!done);
}

BOOST_AUTO_TEST_CASE(only_one_at_a_time_on_all_threads) {
  live::hub all;
  std::atomic<int> inside = 0, most = 0, turns = 0;
  std::vector<std::thread> crowd;
  const auto visit = [&]() -> async::awaitable<void> {
    for (int i = 0; i < 100;) {
      const auto opening = all.try_open(id);
      if (!opening) {
        co_await all.wait_opened(id);
        continue;
      }
      most = std::max<int>(most, ++inside);
      --inside;
      ++turns;
      ++i;
    }
  };
  for (int t = 0; t < 4; ++t) {
    crowd.emplace_back([&] {
      boost::asio::io_context loop(1);
      run_sync(loop, visit());
    });
  }
  for (auto& each : crowd)
    each.join();
  BOOST_TEST(most == 1);
  BOOST_TEST(turns == 400);
}

BOOST_AUTO_TEST_SUITE_END()
