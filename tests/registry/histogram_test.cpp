#include "registry/histogram.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>
#include <thread>
#include <vector>

using millrace::registry::histogram;
using millrace::registry::histogram_bounds;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(histogram_test)

BOOST_AUTO_TEST_CASE(observations_fall_into_their_buckets) {
  struct row {
    histogram::duration took;
    std::size_t bucket;
  };
  for (const auto& [took, bucket] : {row{0ns, 0}, row{1ms, 0}, row{1ms + 1ns, 1}, row{100ms, 6}, row{60s, 14},
                                     row{61s, histogram_bounds.size()}}) {
    histogram one;
    one.observe(took);
    const auto now = one.read();
    BOOST_TEST(now.buckets[bucket] == 1U, took.count());
    BOOST_TEST(now.count == 1U);
    BOOST_TEST(now.sum == std::chrono::duration<double>(took).count(), boost::test_tools::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(a_negative_time_adds_nothing_to_the_sum) {
  histogram one;
  one.observe(-5s);
  BOOST_TEST(one.read().count == 1U);
  BOOST_TEST(one.read().sum == 0.0);
}

BOOST_AUTO_TEST_CASE(threads_lose_nothing) {
  histogram one;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10'000; ++k)
        one.observe(2ms);
    });
  }
  for (auto& each : threads)
    each.join();
  BOOST_TEST(one.read().buckets[1] == 40'000U);
  BOOST_TEST(one.read().sum == 80.0, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()
