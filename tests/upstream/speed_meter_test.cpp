#include "upstream/speed_meter.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace millrace::upstream;
using namespace std::chrono_literals;

/// Seconds of waiting until the meter strikes, 0: not within a minute. `slice` is the time between two looks.
double seconds_until_low(speed_meter& meter, std::uint64_t bytes_per_second,
                         std::chrono::milliseconds slice) {
  const auto bytes = bytes_per_second * static_cast<std::uint64_t>(slice.count()) / 1000;
  auto waited = 0ms;
  while (waited < 60s) {
    waited += slice;
    if (meter.add(bytes, slice)) return std::chrono::duration<double>(waited).count();
  }
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(speed_meter_test)

BOOST_AUTO_TEST_CASE(off_by_default) {
  speed_meter meter;
  BOOST_TEST(!meter.is_on());
  BOOST_TEST(seconds_until_low(meter, 0, 1s) == 0);
  speed_meter zero(0, 3);
  BOOST_TEST(!zero.is_on());
  BOOST_TEST(seconds_until_low(zero, 0, 1s) == 0);
}

BOOST_AUTO_TEST_CASE(strikes_after_the_streak) {
  for (const unsigned streak : {1U, 2U, 3U, 10U}) {
    for (const auto slice : {10ms, 100ms, 250ms, 1000ms}) {
      BOOST_TEST_CONTEXT("streak " << streak << ", slices of " << slice.count() << " ms") {
        speed_meter slow(100'000, streak);
        BOOST_TEST(slow.is_on());
        BOOST_TEST(seconds_until_low(slow, 50'000, slice) == streak);
        speed_meter silent(100'000, streak);
        BOOST_TEST(seconds_until_low(silent, 0, slice) == streak);
        speed_meter fast(100'000, streak);
        BOOST_TEST(seconds_until_low(fast, 200'000, slice) == 0);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_good_second_begins_the_streak_anew) {
  speed_meter meter(1000, 3);
  for (int round = 0; round < 5; ++round) {
    BOOST_TEST(!meter.add(0, 1s));
    BOOST_TEST(!meter.add(0, 1s));
    BOOST_TEST(!meter.add(1000, 1s));
  }
  BOOST_TEST(!meter.add(999, 1s));
  BOOST_TEST(!meter.add(999, 1s));
  BOOST_TEST(meter.add(999, 1s));
}

BOOST_AUTO_TEST_CASE(time_that_is_not_waited_does_not_count) {
  speed_meter meter(1000, 1);
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST(!meter.add(0, 0s));
  for (int i = 0; i < 99; ++i)
    BOOST_TEST(!meter.add(0, 10ms));
  BOOST_TEST(meter.add(0, 10ms));
}

BOOST_AUTO_TEST_CASE(a_long_wait_counts_as_many_seconds) {
  speed_meter meter(1000, 3);
  BOOST_TEST(meter.add(100, 3s));
  speed_meter other(1000, 3);
  BOOST_TEST(!other.add(100, 2900ms));
}

BOOST_AUTO_TEST_CASE(bursts_count_by_their_average) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> slices(1, 400);
  speed_meter meter(1000, 1);
  // Twice the limit on average of every slice: never low, however the looks are spread.
  for (int i = 0; i < 5000; ++i) {
    const auto slice = std::chrono::milliseconds(slices(random));
    BOOST_REQUIRE(!meter.add(static_cast<std::uint64_t>(slice.count()) * 2, slice));
  }
}

BOOST_AUTO_TEST_SUITE_END()
