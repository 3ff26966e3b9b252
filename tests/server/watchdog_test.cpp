#include "server/watchdog.hpp"

#include "async/combinators.hpp"
#include "support/run_sync.hpp"
#include "support/socket_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct watched_pair {
  boost::asio::io_context loop{1};
  std::pair<boost::asio::ip::tcp::socket, boost::asio::ip::tcp::socket> sockets =
      test::make_socket_pair(loop, loop);
  std::unique_ptr<async::transport> link = async::make_tcp_transport(std::move(sockets.first));
};

async::awaitable<error_code> wait_readable(async::transport& link) {
  co_return co_await link.wait_readable();
}

async::awaitable<error_code> wait_after_pause(async::transport& link, std::chrono::milliseconds pause) {
  co_await async::sleep_for(pause);
  co_return co_await link.wait_readable();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(watchdog_test)

BOOST_AUTO_TEST_CASE(a_deadline_ends_the_wait) {
  watched_pair pair;
  server::watchdog deadline(pair.loop.get_executor(), *pair.link);
  deadline.set(5ms);
  BOOST_TEST(!deadline.expired());
  const auto ec = test::run_sync(pair.loop, wait_readable(*pair.link));
  BOOST_TEST((ec == boost::asio::error::operation_aborted));
  BOOST_TEST(deadline.expired());
}

BOOST_AUTO_TEST_CASE(a_later_deadline_replaces_an_earlier_one) {
  watched_pair pair;
  server::watchdog deadline(pair.loop.get_executor(), *pair.link);
  deadline.set(5ms);
  deadline.set(60s);
  boost::asio::steady_timer other(pair.loop, 30ms);
  other.async_wait([&](const error_code&) {
    const char byte = 'x';
    pair.sockets.second.send(boost::asio::buffer(&byte, 1));
  });
  const auto ec = test::run_sync(pair.loop, wait_readable(*pair.link));
  BOOST_TEST(!ec);
  BOOST_TEST(!deadline.expired());
}

BOOST_AUTO_TEST_CASE(an_earlier_deadline_replaces_a_later_one) {
  watched_pair pair;
  server::watchdog deadline(pair.loop.get_executor(), *pair.link);
  deadline.set(60s);
  deadline.set(5ms);
  const auto ec = test::run_sync(pair.loop, wait_readable(*pair.link));
  BOOST_TEST((ec == boost::asio::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE(a_cleared_deadline_does_nothing) {
  watched_pair pair;
  server::watchdog deadline(pair.loop.get_executor(), *pair.link);
  deadline.set(1ms);
  deadline.clear();
  test::run_sync(pair.loop, async::sleep_for(20ms));
  BOOST_TEST(!deadline.expired());
  deadline.set(1ms);
  const auto ec = test::run_sync(pair.loop, wait_readable(*pair.link));
  BOOST_TEST((ec == boost::asio::error::operation_aborted));
  BOOST_TEST(deadline.expired());
}

BOOST_AUTO_TEST_CASE(it_may_go_while_its_timer_is_due) {
  watched_pair pair;
  {
    server::watchdog deadline(pair.loop.get_executor(), *pair.link);
    deadline.set(0ms);
  }
  boost::asio::steady_timer other(pair.loop, 20ms);
  other.async_wait([&](const error_code&) { pair.link->cancel(); });
  const auto ec = test::run_sync(pair.loop, wait_after_pause(*pair.link, 5ms));
  BOOST_TEST((ec == boost::asio::error::operation_aborted));
}

BOOST_AUTO_TEST_SUITE_END()
