#include "async/block_pool.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace millrace::async;

BOOST_AUTO_TEST_SUITE(block_pool_test)

BOOST_AUTO_TEST_CASE(gives_back_at_the_end_of_the_scope) {
  block_pool pool;
  {
    auto small = pool.take(small_block);
    auto large = pool.take(large_block);
    BOOST_TEST(small.size() == small_block);
    BOOST_TEST(large.size() == large_block);
    BOOST_TEST(pool.in_use() == small_block + large_block);
    std::memset(large.bytes().data(), 1, large.size());
  }
  BOOST_TEST(pool.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(uses_memory_again) {
  block_pool pool;
  const void* first = nullptr;
  {
    auto one = pool.take(small_block);
    first = one.bytes().data();
  }
  auto other = pool.take(small_block);
  BOOST_TEST(other.bytes().data() == first);
}

BOOST_AUTO_TEST_CASE(keeps_no_more_than_its_limit) {
  block_pool pool(small_block);  // one spare small block, no large one
  {
    auto one = pool.take(small_block);
    auto two = pool.take(small_block);
    auto three = pool.take(large_block);
  }
  BOOST_TEST(pool.in_use() == 0u);  // and the leak checker sees the rest
}

BOOST_AUTO_TEST_CASE(moves) {
  block_pool pool;
  auto one = pool.take(small_block);
  auto two = std::move(one);
  BOOST_TEST(!one);
  BOOST_TEST(static_cast<bool>(two));
  one = std::move(two);
  BOOST_TEST(static_cast<bool>(one));
  BOOST_TEST(pool.in_use() == small_block);
  one = block();
  BOOST_TEST(pool.in_use() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(memory_budget_test)

BOOST_AUTO_TEST_CASE(refuses_what_is_not_left) {
  memory_budget budget(100);
  auto first = budget.try_reserve(60);
  BOOST_TEST(first.size() == 60u);
  BOOST_TEST(budget.try_reserve(41).size() == 0u);
  auto second = budget.try_reserve(40);
  BOOST_TEST(second.size() == 40u);
  BOOST_TEST(budget.used() == 100u);
  BOOST_TEST(budget.try_reserve(101).size() == 0u);
}

BOOST_AUTO_TEST_CASE(gives_back_in_parts_and_at_the_end) {
  memory_budget budget(100);
  {
    auto held = budget.try_reserve(80);
    held.release(30);
    BOOST_TEST(held.size() == 50u);
    BOOST_TEST(budget.used() == 50u);
    held.release(1000);
    BOOST_TEST(budget.used() == 0u);
    held = budget.try_reserve(10);
    BOOST_TEST(budget.used() == 10u);
    auto moved = std::move(held);
    BOOST_TEST(held.size() == 0u);
    BOOST_TEST(moved.size() == 10u);
  }
  BOOST_TEST(budget.used() == 0u);
}

BOOST_AUTO_TEST_CASE(a_replaced_reservation_is_given_back) {
  memory_budget budget(100);
  auto held = budget.try_reserve(70);
  held = budget.try_reserve(20);
  BOOST_TEST(held.size() == 20u);
  BOOST_TEST(budget.used() == 20u);
}

BOOST_AUTO_TEST_CASE(what_is_not_left_is_reclaimed) {
  memory_budget budget(100);
  auto cached = budget.try_reserve(80);
  std::uint64_t asked = 0;
  budget.set_reclaim([&](std::uint64_t bytes) {
    asked += bytes;
    cached.release(bytes);
  });
  BOOST_TEST(budget.try_reserve(20).size() == 20u);
  BOOST_TEST(asked == 0u);
  const auto held = budget.try_reserve(50);
  BOOST_TEST(held.size() == 50u);
  BOOST_TEST(asked == 50u);
  BOOST_TEST(budget.try_reserve(90).size() == 0u);
  BOOST_TEST(budget.try_reserve(101).size() == 0u);
  BOOST_TEST(asked == 140u);
}

BOOST_AUTO_TEST_CASE(is_exact_across_threads) {
  memory_budget budget(8);
  std::vector<std::thread> threads;
  std::atomic<bool> exceeded{false};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) {
        auto held = budget.try_reserve(3);
        if (budget.used() > budget.limit()) exceeded = true;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(!exceeded);
  BOOST_TEST(budget.used() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
