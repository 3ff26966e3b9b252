#include "upstream/connection_pool.hpp"

#include "support/run_sync.hpp"
#include "support/socket_pair.hpp"
#include "upstream/test_network.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <thread>
#include <vector>

#include <poll.h>

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;
using boost::asio::io_context;
using boost::asio::ip::tcp;

struct fixture : test_network {
  io_context loop{1}, other_loop{1};
  std::list<tcp::socket> peers;
  connection_pool pool{via, config};
  url target = make_url("http://host.test/");
  async::executor here = loop.get_executor(), there = other_loop.get_executor();

  /// `served` tells connections apart.
  connection make(unsigned served, io_context& home, const std::string& origin) {
    auto [near, far] = test::make_socket_pair(home, loop);
    peers.push_back(std::move(far));
    connection made;
    made.link = async::make_tcp_transport(std::move(near));
    made.origin = origin;
    made.served = served;
    return made;
  }
  void put(unsigned served, io_context& home, const std::string& origin = "http://host.test:80") {
    pool.put(make(served, home, origin), home.get_executor());
  }
  /// 0: none.
  unsigned take(std::optional<tcp::endpoint> pin = std::nullopt) {
    const auto taken = pool.take_idle(target, here, pin);
    return taken ? taken->served : 0;
  }
};

void until_readable(async::transport& link) {
  pollfd waiting{link.native_handle(), POLLIN, 0};
  BOOST_REQUIRE(::poll(&waiting, 1, 30'000) == 1);
}

BOOST_FIXTURE_TEST_SUITE(connection_pool_test, fixture)

BOOST_AUTO_TEST_CASE(gives_the_newest_of_that_origin) {
  put(1, loop);
  put(2, loop);
  put(9, loop, "https://host.test:443");
  BOOST_TEST(pool.idle_count() == 3u);
  BOOST_TEST(take() == 2u);
  BOOST_TEST(take() == 1u);
  BOOST_TEST(take() == 0u);
  BOOST_TEST(pool.idle_count() == 1u);
}

BOOST_AUTO_TEST_CASE(prefers_its_own_event_loop) {
  put(1, other_loop);
  put(2, loop);
  put(3, other_loop);
  BOOST_TEST(take() == 2u);
  BOOST_TEST(take() == 3u);
  BOOST_TEST(take() == 1u);
}

BOOST_AUTO_TEST_CASE(what_comes_from_another_loop_works_here) {
  put(1, other_loop);
  auto taken = pool.take_idle(target, here);
  BOOST_REQUIRE(taken.has_value());
  boost::asio::write(peers.front(), boost::asio::buffer("hello", 5));
  std::array<std::byte, 16> buffer;
  error_code ec;
  BOOST_TEST(test::run_sync(loop, async::read_some(*taken->link, buffer, ec)) == 5u);
}

BOOST_AUTO_TEST_CASE(stale_connections_are_passed_over) {
  put(1, loop);
  auto closed = make(2, loop, target.origin());
  peers.back().close();
  until_readable(*closed.link);
  pool.put(std::move(closed), here);
  auto noisy = make(3, other_loop, target.origin());
  boost::asio::write(peers.back(), boost::asio::buffer("?", 1));
  until_readable(*noisy.link);
  pool.put(std::move(noisy), there);
  BOOST_TEST(take() == 1u);
  BOOST_TEST(pool.idle_count() <= 1u);  // the other loop's comes second
  BOOST_TEST(take() == 0u);
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_pin_takes_that_endpoint_only) {
  put(1, loop);
  const auto first = peers.back().local_endpoint();
  put(2, loop);
  const tcp::endpoint elsewhere(boost::asio::ip::make_address("127.0.0.9"), 1);
  BOOST_TEST(take(elsewhere) == 0u);
  BOOST_TEST(take(first) == 1u);
  BOOST_TEST(pool.idle_count() == 1u);
}

BOOST_AUTO_TEST_CASE(unconsumed_bytes_are_never_kept) {
  auto odd = make(1, loop, target.origin());
  odd.input = "HTTP/1.1 200";
  pool.put(std::move(odd), here);
  pool.put(connection(), here);
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(the_oldest_goes_when_an_origin_has_enough) {
  config.pool_idle_per_origin = 2;
  put(9, loop, "http://other.test:80");
  for (unsigned i = 1; i <= 3; ++i)
    put(i, loop);
  BOOST_TEST(pool.idle_count() == 3u);
  BOOST_TEST(take() == 3u);
  BOOST_TEST(take() == 2u);
  BOOST_TEST(take() == 0u);
}

BOOST_AUTO_TEST_CASE(the_oldest_of_all_goes_when_there_are_enough) {
  config.pool_idle_total = 3;
  put(1, loop);
  put(9, loop, "http://other.test:80");
  put(2, loop);
  put(3, loop);
  BOOST_TEST(pool.idle_count() == 3u);
  BOOST_TEST(take() == 3u);
  BOOST_TEST(take() == 2u);
  BOOST_TEST(take() == 0u);
}

BOOST_AUTO_TEST_CASE(no_idle_connections_at_all_is_possible) {
  config.pool_idle_total = 0;
  put(1, loop);
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(closes_what_is_old_or_dead) {
  put(1, loop);
  auto closed = make(2, other_loop, target.origin());
  peers.back().close();
  until_readable(*closed.link);
  pool.put(std::move(closed), there);
  const auto now = connection_pool::clock::now();
  pool.close_expired(now);
  BOOST_TEST(pool.idle_count() == 1u);
  pool.close_expired(now + config.pool_idle_timeout + 1s);
  BOOST_TEST(pool.idle_count() == 0u);
  char byte;
  error_code ec;
  peers.front().read_some(boost::asio::buffer(&byte, 1), ec);
  BOOST_TEST(ec == boost::asio::error::eof);
}

BOOST_AUTO_TEST_CASE(old_connections_are_not_handed_out) {
  config.pool_idle_timeout = 0s;
  put(1, loop);
  BOOST_TEST(take() == 0u);
}

BOOST_AUTO_TEST_CASE(closes_all) {
  put(1, loop);
  put(2, other_loop);
  pool.close_all();
  BOOST_TEST(pool.idle_count() == 0u);
  BOOST_TEST(take() == 0u);
}

BOOST_AUTO_TEST_CASE(opens_new_ones) {
  tcp::acceptor listening(loop, {boost::asio::ip::address_v4::loopback(), 0});
  const auto origin =
      make_url("http://127.0.0.1:" + std::to_string(listening.local_endpoint().port()) + "/a");
  const auto opened = test::run_sync(loop, pool.open(origin));
  BOOST_REQUIRE(opened.has_value());
  BOOST_TEST(opened->origin == origin.origin());
  BOOST_TEST(opened->served == 0u);
  BOOST_TEST(opened->round_trip.count() > 0);
  listening.close();
  const auto refused = test::run_sync(loop, pool.open(origin));
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST(refused.error().code == error_code(errc::connection_refused));
}

/// Sends back whatever comes, each connection on its own thread.
class echo_server {
 public:
  echo_server()
      : acceptor_(loop_, {boost::asio::ip::address_v4::loopback(), 0}), thread_([this] { accept(); }) {}
  ~echo_server() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
    for (auto& each : threads_)
      each.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    while (true) {
      error_code ec;
      tcp::socket accepted(loop_);
      acceptor_.accept(accepted, ec);
      if (ec) return;
      threads_.emplace_back([socket = std::move(accepted)]() mutable { echo(socket); });
    }
  }
  static void echo(tcp::socket& socket) {
    std::array<char, 256> bytes;
    error_code ec;
    while (!ec) {
      const auto got = socket.read_some(boost::asio::buffer(bytes), ec);
      if (!ec) boost::asio::write(socket, boost::asio::buffer(bytes.data(), got), ec);
    }
  }

  io_context loop_{1};
  tcp::acceptor acceptor_;
  std::vector<std::thread> threads_;
  std::thread thread_;
};

struct tally {
  std::atomic<unsigned> exchanges{0}, reused{0}, moved{0}, exceptions{0};
};

/// One exchange: take or open, send, read back, put.
async::awaitable<void> exchange_once(connection_pool& pool, const url& target, unsigned number,
                                     unsigned owner, tally& counts) {
  const auto here = co_await boost::asio::this_coro::executor;
  auto leased = pool.take_idle(target, here);
  if (leased) {
    ++counts.reused;
    if (leased->served != owner) ++counts.moved;
  } else {
    auto opened = co_await pool.open(target);
    if (!opened) co_return;
    leased = std::move(*opened);
  }
  const auto text = std::to_string(number);
  const std::array buffers{boost::asio::const_buffer(text.data(), text.size())};
  auto ec = co_await async::write_all(*leased->link, buffers);
  std::string answer;
  std::array<std::byte, 64> buffer;
  while (!ec && answer.size() < text.size()) {
    const auto got = co_await async::read_some(*leased->link, buffer, ec);
    answer.append(reinterpret_cast<const char*>(buffer.data()), got);
  }
  if (ec || answer != text) co_return;
  ++counts.exchanges;
  leased->served = owner;
  if (number % 7 != 0) pool.put(std::move(*leased), here);
}

async::awaitable<void> exchange_often(connection_pool& pool, const url& target, unsigned owner,
                                      unsigned times, tally& counts) {
  for (unsigned i = 1; i <= times; ++i)
    co_await exchange_once(pool, target, i * 10 + owner, owner, counts);
}

BOOST_AUTO_TEST_CASE(connections_move_between_running_loops) {
  constexpr unsigned times = 150, loops = 3, tasks = 2;
  config.pool_idle_per_origin = 3;  // fewer than there are users: all loops compete for them
  echo_server server;
  const auto origin = make_url("http://127.0.0.1:" + std::to_string(server.port()) + "/");
  tally counts;
  std::list<io_context> contexts;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < loops; ++i) {
    auto& context = contexts.emplace_back(1);
    for (unsigned task = 0; task < tasks; ++task) {
      boost::asio::co_spawn(context, exchange_often(pool, origin, i + 1, times, counts),
                            [&](std::exception_ptr failure) { counts.exceptions += failure ? 1 : 0; });
    }
  }
  std::atomic<bool> done{false};
  std::thread cleaner([&] {
    while (!done) {
      pool.close_expired(connection_pool::clock::now());
      std::this_thread::yield();
    }
  });
  for (auto& context : contexts)
    threads.emplace_back([&context] { context.run(); });
  for (auto& thread : threads)
    thread.join();
  done = true;
  cleaner.join();
  pool.close_all();
  BOOST_TEST(counts.exceptions == 0u);
  BOOST_TEST(counts.exchanges == times * loops * tasks);
  BOOST_TEST(counts.reused > 0u);
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_moves_while_its_loop_runs) {
  auto keep_running = boost::asio::make_work_guard(other_loop);
  std::thread runner([this] { other_loop.run(); });
  for (unsigned i = 1; i <= 200; ++i) {
    put(i, other_loop);
    // The event loop that the connection leaves may be looking at this very byte's event.
    if (i % 2 == 0) boost::asio::write(peers.back(), boost::asio::buffer("?", 1));
    auto taken = pool.take_idle(target, here);
    if (i % 2 == 1) BOOST_TEST(taken.has_value());
    if (i % 3 == 0) pool.close_expired(connection_pool::clock::now());
  }
  keep_running.reset();
  pool.close_all();
  runner.join();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
