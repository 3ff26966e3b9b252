#include "transfer/chunk_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <random>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr byte_offset K = 1024, M = 1024 * K, G = 1024 * M;
constexpr byte_offset furthest = std::numeric_limits<byte_offset>::max();

/// A client that waits until the window does not grow any more.
void make_hungry(chunk_plan& plan) {
  for (int i = 0; i < 100; ++i)
    plan.client_waited(100ms);
}

/// Plans to the end, with nothing delivered late.
std::vector<byte_range> plan_all(chunk_plan& plan, unsigned parallelism) {
  std::vector<byte_range> chunks;
  while (const auto chunk = plan.next(parallelism)) {
    plan.commit(*chunk);
    plan.deliver(chunk->size());
    chunks.push_back(*chunk);
  }
  return chunks;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(chunk_plan_test)

BOOST_AUTO_TEST_CASE(the_first_chunk_of_a_request) {
  const struct {
    byte_offset begin;
    std::optional<byte_offset> end;
    std::size_t chunk_size;
    byte_range expected;
  } rows[]{
      {0, {}, 1 * M, {0, 256 * K}},
      {10, {}, 1 * M, {10, 10 + 256 * K}},
      {0, 5, 1 * M, {0, 5}},
      {100, 100 + 300 * K, 1 * M, {100, 100 + 256 * K}},
      {0, {}, 64 * K, {0, 64 * K}},
      {0, {}, 64 * M, {0, 16 * M}},
      {furthest - 1, {}, 1 * M, {furthest - 1, furthest}},
      {furthest - 256 * K, {}, 1 * M, {furthest - 256 * K, furthest}},
      {furthest - 10, furthest - 5, 1 * M, {furthest - 10, furthest - 5}},
  };
  for (const auto& row : rows) {
    const auto chunk = chunk_plan::first_chunk(row.begin, row.end, {.chunk_size = row.chunk_size});
    BOOST_TEST(chunk.begin == row.expected.begin);
    BOOST_TEST(chunk.end == row.expected.end);
  }
}

BOOST_AUTO_TEST_CASE(chunks_tile_the_range_within_the_window) {
  std::mt19937_64 random(11);
  const auto up_to = [&](byte_offset most) {
    return std::uniform_int_distribution<byte_offset>(0, most)(random);
  };
  for (int round = 0; round < 300; ++round) {
    const plan_limits limits{
        .connections = static_cast<unsigned>(1 + up_to(63)),
        .chunk_size = static_cast<std::size_t>(64 * K + up_to(round % 3 == 0 ? 64 * M : 2 * M))};
    const auto length = 1 + up_to(round % 2 == 0 ? 100 * K : 200 * M);
    const auto begin = round % 5 == 0 ? furthest - length : up_to(G);
    chunk_plan plan({begin, begin + length}, limits);
    const auto most = (limits.connections + 1) * static_cast<byte_offset>(limits.chunk_size);
    byte_offset planned = begin;
    std::size_t steps = 0;
    BOOST_TEST_CONTEXT("round " << round << ": " << length << " bytes, " << limits.connections
                                << " connections") {
      while (!plan.finished()) {
        BOOST_REQUIRE(++steps < 100'000);
        if (up_to(3) == 0) plan.client_waited(std::chrono::milliseconds(up_to(20)));
        if (up_to(7) == 0) plan.client_was_slow(std::chrono::milliseconds(up_to(100)));
        const auto parallelism = static_cast<unsigned>(1 + up_to(limits.connections - 1));
        const auto useful = plan.useful_fetchers(parallelism);
        BOOST_REQUIRE((useful >= 1 && useful <= parallelism));
        const auto chunk = plan.next(parallelism);
        if (chunk) {
          BOOST_REQUIRE(chunk->begin == planned);
          BOOST_REQUIRE(chunk->end > chunk->begin);
          BOOST_REQUIRE(chunk->end <= plan.whole().end);
          BOOST_REQUIRE(chunk->size() <= limits.chunk_size);
          plan.commit(*chunk);
          planned = chunk->end;
          BOOST_REQUIRE(planned - plan.delivered() <= most);
          plan.chunk_took(chunk->size(), std::chrono::microseconds(1 + up_to(500'000)),
                          std::chrono::microseconds(up_to(100'000)));
        } else {
          // The window is full or all is planned: never with nothing on its way.
          BOOST_REQUIRE(planned > plan.delivered());
        }
        BOOST_REQUIRE(plan.all_planned() == (planned == plan.whole().end));
        BOOST_REQUIRE(plan.window() <= most);
        if (planned > plan.delivered()) plan.deliver(1 + up_to(planned - plan.delivered() - 1));
      }
      BOOST_TEST(planned == plan.whole().end);
      BOOST_TEST(!plan.next(1).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(read_ahead_is_earned) {
  chunk_plan plan({0, 1 * G}, {.connections = 4, .chunk_size = 1 * M});
  const auto first = plan.next(4);
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(plan.window() == first->size());
  plan.commit(*first);
  BOOST_TEST(!plan.next(4).has_value());
  BOOST_TEST(plan.useful_fetchers(4) == 1u);
  auto before = plan.window();
  int doublings = 0;
  while (plan.window() < 5 * M) {
    plan.client_waited(5ms);
    BOOST_TEST(plan.window() == std::min(before * 2, 5 * M));
    before = plan.window();
    BOOST_REQUIRE(++doublings < 10);
  }
  plan.client_waited(1h);
  BOOST_TEST(plan.window() == 5 * M);
  BOOST_TEST(plan.useful_fetchers(4) == 4u);
  BOOST_TEST(plan.useful_fetchers(2) == 2u);
  BOOST_TEST(plan.next(4).has_value());
}

BOOST_AUTO_TEST_CASE(a_slow_client_shrinks_the_window) {
  chunk_plan plan({0, 1 * G}, {.connections = 4, .chunk_size = 1 * M});
  const auto smallest = plan.window();
  make_hungry(plan);
  auto before = plan.window();
  while (plan.window() > smallest) {
    plan.client_was_slow(100ms);
    BOOST_REQUIRE(plan.window() < before);
    BOOST_TEST(plan.window() >= std::max(before / 2, smallest));
    before = plan.window();
  }
  plan.client_was_slow(1h);
  BOOST_TEST(plan.window() == smallest);
}

BOOST_AUTO_TEST_CASE(short_waits_change_nothing) {
  chunk_plan plan({0, 1 * G}, {.connections = 4, .chunk_size = 1 * M});
  const auto smallest = plan.window();
  for (int i = 0; i < 1000; ++i) {
    // Waits of both sides in turn: neither is the slow one.
    plan.client_waited(100us);
    plan.client_was_slow(100us);
  }
  BOOST_TEST(plan.window() == smallest);
}

BOOST_AUTO_TEST_CASE(chunks_grow_while_they_take_little_time) {
  chunk_plan quick({0, 1 * G}, {.connections = 4, .chunk_size = 1 * M});
  make_hungry(quick);
  const auto small = quick.next(4)->size();
  for (int i = 0; i < 10; ++i)
    quick.chunk_took(quick.next(4)->size(), 10ms, 1ms);
  BOOST_TEST(quick.next(4)->size() > small);
  BOOST_TEST(quick.next(4)->size() <= 1 * M);
  chunk_plan slow({0, 1 * G}, {.connections = 4, .chunk_size = 1 * M});
  make_hungry(slow);
  for (int i = 0; i < 10; ++i)
    slow.chunk_took(slow.next(4)->size(), 2s, 1ms);
  BOOST_TEST(slow.next(4)->size() == small);
}

BOOST_AUTO_TEST_CASE(the_tail_is_divided) {
  for (const unsigned parallelism : {2U, 4U, 8U}) {
    chunk_plan plan({0, 20 * M}, {.connections = parallelism, .chunk_size = 4 * M});
    make_hungry(plan);
    for (int i = 0; i < 10; ++i)
      plan.chunk_took(plan.next(parallelism)->size(), 10ms, 0ms);
    byte_offset left = 20 * M;
    for (const auto& chunk : plan_all(plan, parallelism)) {
      // Every connection gets a part of what is left, down to one block.
      BOOST_TEST(chunk.size() <= std::max(left / parallelism, 128 * K));
      left -= chunk.size();
    }
    BOOST_TEST(left == 0u);
  }
}

BOOST_AUTO_TEST_CASE(no_crumb_at_the_end) {
  chunk_plan plan({0, 256 * K + 1}, {.connections = 1, .chunk_size = 1 * M});
  BOOST_TEST(plan_all(plan, 1).size() == 1u);
}

BOOST_AUTO_TEST_CASE(one_connection_does_not_divide) {
  chunk_plan plan({0, 10 * M}, {.connections = 1, .chunk_size = 1 * M});
  make_hungry(plan);
  const auto chunks = plan_all(plan, 1);
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i)
    BOOST_TEST(chunks[i].size() >= 256 * K);
}

BOOST_AUTO_TEST_CASE(begins_again_after_a_pause) {
  chunk_plan plan({0, 100 * M}, {.connections = 4, .chunk_size = 1 * M});
  const auto smallest = plan.window();
  make_hungry(plan);
  for (int i = 0; i < 4; ++i)
    plan.commit(*plan.next(4));
  plan.deliver(100);
  plan.rewind(1000);
  BOOST_TEST(plan.window() == smallest);
  plan.deliver(900);
  const auto chunk = plan.next(4);
  BOOST_REQUIRE(chunk.has_value());
  BOOST_TEST(chunk->begin == 1000u);
}

BOOST_AUTO_TEST_CASE(where_one_connection_is_as_fast_as_memory_few_are_enough) {
  chunk_plan plan({0, 1 * G}, {.connections = 8, .chunk_size = 1 * M});
  make_hungry(plan);
  for (int i = 0; i < 20; ++i)
    plan.chunk_took(640 * K, 500us, 50us);
  BOOST_TEST(plan.useful_fetchers(8) < 8u);
}

BOOST_AUTO_TEST_CASE(one_burst_does_not_count_for_ever) {
  chunk_plan plan({0, 1 * G}, {.connections = 8, .chunk_size = 1 * M});
  make_hungry(plan);
  plan.chunk_took(256 * K, 100us, 50us);
  for (int i = 0; i < 20; ++i)
    plan.chunk_took(640 * K, 500ms, 50us);
  BOOST_TEST(plan.useful_fetchers(8) == 8u);
}

BOOST_AUTO_TEST_CASE(times_that_make_no_sense) {
  chunk_plan plan({0, 100 * M}, {.connections = 4, .chunk_size = 1 * M});
  make_hungry(plan);
  plan.chunk_took(1 * M, 0s, 0s);
  plan.chunk_took(1 * M, -1s, 1s);
  plan.chunk_took(0, 1s, 1s);
  plan.chunk_took(1 * M, 1ns, 24h);
  plan.chunk_took(furthest, 1ns, 24h);
  const auto chunk = plan.next(4);
  BOOST_REQUIRE(chunk.has_value());
  BOOST_TEST(chunk->size() <= 1 * M);
}

BOOST_AUTO_TEST_SUITE_END()
