#include "core/byte_runs.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bitset>
#include <random>

using namespace millrace;

BOOST_AUTO_TEST_SUITE(byte_runs_test)

BOOST_AUTO_TEST_CASE(neighbours_become_one) {
  byte_runs runs;
  BOOST_TEST(runs.empty());
  runs.add({10, 20});
  runs.add({30, 40});
  BOOST_TEST((runs.next(0) == byte_range{10, 20}));
  BOOST_TEST((runs.next(15) == byte_range{15, 20}));
  BOOST_TEST((runs.next(20) == byte_range{30, 40}));
  BOOST_TEST(!runs.next(40).has_value());
  runs.add({20, 30});
  BOOST_TEST((runs.next(10) == byte_range{10, 40}));
  BOOST_TEST(runs.holds({10, 40}));
  BOOST_TEST(!runs.holds({9, 40}));
  BOOST_TEST(!runs.holds({10, 41}));
  BOOST_TEST(runs.holds({99, 99}));
}

BOOST_AUTO_TEST_CASE(a_hole_splits) {
  byte_runs runs;
  runs.add({0, 100});
  runs.remove({40, 60});
  BOOST_TEST((runs.next(0) == byte_range{0, 40}));
  BOOST_TEST((runs.next(40) == byte_range{60, 100}));
  runs.remove({0, 200});
  BOOST_TEST(runs.empty());
}

BOOST_AUTO_TEST_CASE(the_same_as_a_set_of_offsets) {
  constexpr std::size_t size = 64;
  std::minstd_rand dice(7);
  for (int round = 0; round < 300; ++round) {
    byte_runs runs;
    std::bitset<size> model;
    for (int step = 0; step < 30; ++step) {
      const byte_offset a = dice() % size, b = dice() % (size + 1);
      const byte_range range{std::min(a, b), std::max(a, b)};
      const bool adding = dice() % 3 != 0;
      adding ? runs.add(range) : runs.remove(range);
      for (auto i = range.begin; i < range.end; ++i)
        model[i] = adding;
      const byte_offset at = dice() % size;
      auto begin = at;
      while (begin < size && !model[begin])
        ++begin;
      auto end = begin;
      while (end < size && model[end])
        ++end;
      const auto next = runs.next(at);
      BOOST_REQUIRE(next.has_value() == (begin < size));
      if (next) BOOST_REQUIRE((*next == byte_range{begin, end}));
      BOOST_REQUIRE(runs.empty() == model.none());
    }
  }
}

BOOST_AUTO_TEST_CASE(size_and_count_follow) {
  byte_runs runs;
  BOOST_TEST(runs.size() == 0U);
  runs.add({10, 20});
  runs.add({30, 35});
  BOOST_TEST(runs.size() == 15U);
  BOOST_TEST(runs.count() == 2U);
  runs.add({15, 32});
  BOOST_TEST(runs.size() == 25U);
  BOOST_TEST(runs.count() == 1U);
  runs.remove({12, 14});
  BOOST_TEST(runs.size() == 23U);
  BOOST_TEST(runs.count() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
