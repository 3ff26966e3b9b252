// A shared body that is filled on one thread and read on others.

#include "transfer/shared_body.hpp"
#include "transfer/shared_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <array>

namespace {

using namespace millrace;
using namespace millrace::transfer;

constexpr std::size_t M = 1024 * 1024;

struct fixture {
  async::memory_budget budget{256 * M};
};

/// A client on some loop that begins anywhere in the body.
async::awaitable<void> run_reader(std::shared_ptr<shared_body> from, std::uint64_t seed, byte_offset begin,
                                  std::atomic<int>& good) {
  const async::executor here = co_await async::asio::this_coro::executor;
  const auto place = shared_body::open(std::move(from), here);
  std::string got;
  co_await read_body(*place, begin, got);
  if (got == origin::content_of(seed, begin, got.size()) && begin + got.size() == place->size() &&
      !place->cause())
    ++good;
}

/// A client that leaves again before the end.
async::awaitable<void> run_visitor(std::shared_ptr<shared_body> from, byte_offset until,
                                   std::atomic<int>& left) {
  const async::executor here = co_await async::asio::this_coro::executor;
  {
    const auto place = shared_body::open(std::move(from), here);
    co_await place->wait_beyond(until);
  }
  ++left;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shared_body_threads_test, fixture)

BOOST_AUTO_TEST_CASE(many_readers_on_several_threads) {
  std::mt19937 random(7);
  std::array<loop_thread, 3> threads;
  for (int round = 0; round < 12; ++round) {
    const std::size_t size = std::uniform_int_distribution<std::size_t>(0, round % 2 ? 3 * M : 5000)(random);
    const auto seed = random();
    const auto content = origin::content_of(seed, 0, size);
    const auto shared = std::make_shared<shared_body>(budget.try_reserve(round % 3 ? size : 0));
    std::atomic<int> good = 0, left = 0;
    int readers = 0, visitors = 0;
    const auto spawn_one = [&] {
      auto& loop_of = threads[random() % threads.size()].loop;
      const auto anywhere = size == 0 ? 0 : random() % size;
      boost::asio::co_spawn(loop_of, run_reader(shared, seed, anywhere, good), boost::asio::detached);
      boost::asio::co_spawn(loop_of, run_visitor(shared, anywhere, left), boost::asio::detached);
      ++readers;
      ++visitors;
    };
    for (std::size_t at = 0; at < size;) {
      if (random() % 4 == 0) spawn_one();
      const auto count = std::min<std::size_t>(size - at, 1 + random() % (random() % 8 ? 3000 : 300'000));
      shared->append(bytes_of(content).subspan(at, count));
      at += count;
    }
    spawn_one();
    shared->end();
    spawn_one();
    BOOST_TEST(eventually([&] { return good == readers && left == visitors; }),
               good << " of " << readers << ", " << left << " of " << visitors);
  }
}

BOOST_AUTO_TEST_CASE(the_news_that_nobody_reads_crosses_threads) {
  loop_thread home, other;
  for (int round = 0; round < 200; ++round) {
    const auto shared = std::make_shared<shared_body>(async::memory_budget::reservation());
    std::atomic<bool> told = false, ready = false;
    boost::asio::post(home.loop, [&] {
      shared->on_unread(home.loop.get_executor(), [&] { told = shared->end_if_unread({}); });
      ready = true;
    });
    std::atomic<int> left = 0;
    for (int i = 0; i < 3; ++i)
      boost::asio::co_spawn(other.loop, run_visitor(shared, 0, left), boost::asio::detached);
    if (round % 2) BOOST_TEST(eventually([&] { return ready.load(); }));
    shared->append(bytes_of("a"));
    BOOST_TEST(eventually([&] { return left == 3 && told && ready; }));
    std::atomic<bool> taken_back = false;
    boost::asio::post(home.loop, [&] {
      shared->on_unread(home.loop.get_executor(), {});
      taken_back = true;
    });
    BOOST_TEST(eventually([&] { return taken_back.load(); }));
  }
}

BOOST_AUTO_TEST_SUITE_END()
