#include "transfer/lane.hpp"

#include "support/run_sync.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <random>

namespace {

using namespace millrace;
using namespace millrace::transfer;

constexpr byte_offset K = 1024;

struct fixture {
  ~fixture() {
    loop.restart();
    loop.poll();
    BOOST_TEST(loop.stopped());
    BOOST_TEST(blocks.in_use() == 0u);
    BOOST_TEST(budget.used() == 0u);
  }

  lane make(byte_range chunk, std::uint64_t reserve) {
    return {loop.get_executor(), blocks, chunk, budget.try_reserve(reserve)};
  }

  /// The byte at that offset of the file.
  static std::byte content(byte_offset at) { return static_cast<std::byte>(at * 7 % 251); }

  /// What one read of the socket does: at most `limit` bytes. The number appended.
  std::size_t fill(lane& to, std::size_t limit, std::size_t block = async::small_block) {
    const auto room = to.room(block);
    const auto count = std::min(room.size(), limit);
    for (std::size_t i = 0; i < count; ++i)
      room[i] = content(to.filled() + i);
    to.commit(count);
    return count;
  }

  /// What one write to the client takes: at most `limit` bytes, which must be the file's.
  std::size_t drain(lane& from, std::size_t limit) {
    const auto data = from.data();
    const auto count = std::min(data.size(), limit);
    for (std::size_t i = 0; i < count; ++i)
      if (data[i] != content(from.taken() + i)) throw std::logic_error("wrong byte");
    if (count > 0) from.take(count);
    return count;
  }

  /// Whether a wait ends when `wake` is called, and not before.
  bool wakes(async::awaitable<void> wait, const std::function<void()>& wake) {
    bool done = false;
    boost::asio::cancellation_signal signal;
    boost::asio::co_spawn(
        loop, std::move(wait),
        boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { done = true; }));
    loop.restart();
    loop.poll();
    if (done) return false;
    wake();
    loop.restart();
    loop.poll();
    const bool woken = done;
    boost::asio::post(loop, [&] {
      if (!done) signal.emit(boost::asio::cancellation_type::terminal);
    });
    loop.restart();
    loop.poll();
    return woken;
  }

  async::block_pool blocks;
  async::memory_budget budget{100'000 * K};
  boost::asio::io_context loop{1};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lane_test, fixture)

BOOST_AUTO_TEST_CASE(bytes_come_out_as_they_went_in) {
  std::mt19937 random(5);
  for (int round = 0; round < 40; ++round) {
    const byte_offset size = 1 + random() % (900 * K), begin = random() % 2 == 0 ? 0 : ~byte_offset(0) - size;
    const auto reserved = (size + async::small_block - 1) / async::small_block * async::small_block;
    auto tested = make({begin, begin + size}, round % 4 == 0 ? 0 : reserved);
    while (!tested.drained()) {
      const auto block = random() % 2 == 0 ? async::small_block : async::large_block;
      fill(tested, 1 + random() % (300 * K), block);
      if (random() % 3 != 0) drain(tested, 1 + random() % (300 * K));
      BOOST_REQUIRE(tested.taken() <= tested.filled());
      BOOST_REQUIRE(tested.filled() <= tested.chunk().end);
      if (round % 4 == 0) {
        BOOST_REQUIRE(blocks.in_use() <= async::small_block);
      } else {
        // What is reserved and not yet given back covers the blocks.
        BOOST_REQUIRE(blocks.in_use() <= budget.used());
      }
    }
    BOOST_TEST(tested.complete());
    BOOST_TEST(tested.data().empty());
    BOOST_TEST(tested.room(async::small_block).empty());
  }
}

BOOST_AUTO_TEST_CASE(large_blocks_only_where_they_can_be_filled) {
  auto tested = make({0, 600 * K}, 640 * K);
  BOOST_TEST(tested.room(async::large_block).size() == async::large_block);
  fill(tested, 256 * K, async::large_block);
  fill(tested, 256 * K, async::large_block);
  BOOST_TEST(tested.room(async::large_block).size() == async::small_block);
  fill(tested, 64 * K, async::large_block);
  BOOST_TEST(tested.room(async::large_block).size() == 24 * K);
}

BOOST_AUTO_TEST_CASE(without_a_reservation_one_block_at_a_time) {
  auto tested = make({0, 600 * K}, 0);
  BOOST_TEST(fill(tested, 600 * K, async::large_block) == async::small_block);
  BOOST_TEST(tested.room(async::large_block).empty());
  drain(tested, async::small_block - 1);
  BOOST_TEST(tested.room(async::large_block).empty());
  drain(tested, 1);
  BOOST_TEST(!tested.room(async::large_block).empty());
}

BOOST_AUTO_TEST_CASE(used_blocks_come_back_with_their_length) {
  auto tested = make({0, 64 * K + 10}, 128 * K);
  fill(tested, 64 * K);
  fill(tested, 10);
  BOOST_TEST(!tested.take(64 * K - 1).memory);
  const auto first = tested.take(1);
  BOOST_TEST(first.memory.size() == async::small_block);
  BOOST_TEST(first.length == 64 * K);
  const auto last = tested.take(10);
  BOOST_REQUIRE(bool(last.memory));
  BOOST_TEST(last.length == 10u);
  BOOST_TEST(budget.used() == 0u);
}

BOOST_AUTO_TEST_CASE(waiting_for_data) {
  auto tested = make({0, 100}, 64 * K);
  BOOST_TEST(wakes(tested.wait_data(), [&] { fill(tested, 10); }));
  drain(tested, 10);
  BOOST_TEST(wakes(tested.wait_data(), [&] { tested.fail({.code = errc::connection_lost}); }));
  BOOST_TEST(!wakes(tested.wait_data(), [&] { tested.commit(0); }));
}

BOOST_AUTO_TEST_CASE(a_notification_before_the_wait_is_not_lost) {
  auto tested = make({0, 100}, 64 * K);
  fill(tested, 10);
  bool done = false;
  boost::asio::co_spawn(loop, tested.wait_data(), [&](std::exception_ptr) { done = true; });
  loop.poll();
  BOOST_TEST(done);
}

BOOST_AUTO_TEST_CASE(two_fetchers_wait_for_room) {
  auto tested = make({0, 600 * K}, 0);
  fill(tested, 600 * K);
  int woken = 0;
  for (int i = 0; i < 2; ++i)
    boost::asio::co_spawn(loop, tested.wait_room(), [&](std::exception_ptr) { ++woken; });
  loop.poll();
  BOOST_TEST(woken == 0);
  drain(tested, async::small_block);
  loop.restart();
  loop.poll();
  BOOST_TEST(woken == 2);
}

BOOST_AUTO_TEST_CASE(a_failure_is_met_behind_the_last_byte) {
  auto tested = make({0, 100}, 64 * K);
  fill(tested, 10);
  tested.fail({.code = errc::connection_lost});
  tested.fail({.code = errc::read_timeout});
  BOOST_TEST(tested.data().size() == 10u);
  drain(tested, 10);
  BOOST_REQUIRE(tested.broken().has_value());
  BOOST_TEST(tested.broken()->code == error_code(errc::connection_lost));
}

BOOST_AUTO_TEST_CASE(the_front_block_alone) {
  auto tested = make({0, 900 * K}, 960 * K);
  while (fill(tested, 64 * K) > 0 && tested.filled() < 300 * K) {
  }
  drain(tested, 10);
  tested.fail({.code = errc::connection_lost});
  tested.keep_front_block();
  BOOST_TEST(blocks.in_use() == async::small_block);
  BOOST_TEST(budget.used() == async::small_block);
  BOOST_TEST(!tested.broken().has_value());
  BOOST_TEST(tested.complete());
  BOOST_TEST(tested.chunk().end == 64 * K);
  BOOST_TEST(drain(tested, 900 * K) == 64 * K - 10);
  BOOST_TEST(tested.drained());
}

BOOST_AUTO_TEST_CASE(the_front_block_of_an_empty_lane) {
  for (const bool asked_for_room : {false, true}) {
    auto tested = make({50, 900 * K}, 960 * K);
    if (asked_for_room) tested.room(async::small_block);
    tested.keep_front_block();
    BOOST_TEST(tested.drained());
    BOOST_TEST(tested.chunk().end == 50u);
  }
}

BOOST_AUTO_TEST_CASE(recent_bytes) {
  auto tested = make({1000, 900 * K}, 960 * K);
  byte_offset begin = 0;
  BOOST_TEST(tested.recent(begin).empty());
  fill(tested, 100);
  drain(tested, 60);
  // The bytes taken are still there until their block is used up.
  BOOST_TEST(tested.recent(begin).size() == 100u);
  BOOST_TEST(begin == 1000u);
  BOOST_TEST((tested.recent(begin)[0] == content(1000)));
}

BOOST_AUTO_TEST_SUITE_END()
