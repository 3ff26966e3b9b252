#include "registry/statistics.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

using namespace millrace::registry;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(statistics_test)

BOOST_AUTO_TEST_CASE(time_since_the_start) {
  const auto start = statistics::clock::now();
  const statistics counters(start);
  BOOST_TEST(counters.uptime(start + 2500ms).count() == 2);
  const auto age = std::chrono::system_clock::now() - counters.started_at();
  BOOST_TEST((age >= 0s && age < 60s));
}

BOOST_AUTO_TEST_CASE(requests_by_route_and_status) {
  statistics counters;
  counters.count_request("/stream", 200);
  counters.count_request("/stream", 206);
  counters.count_request("/stream", 206);
  counters.count_request("/health", 200);
  const auto counts = counters.requests();
  BOOST_TEST(counts.size() == 3U);
  BOOST_TEST(counts.at({"/stream", 206U}) == 2U);
  BOOST_TEST(counts.at({"/health", 200U}) == 1U);
}

BOOST_AUTO_TEST_CASE(causes_and_stalls) {
  statistics counters;
  counters.count_retry(cause::timeout);
  counters.count_retry(cause::timeout);
  counters.count_failover(cause::manual);
  counters.count_stall(1500ms);
  counters.count_stall(500ms);
  BOOST_TEST(counters.retries[static_cast<std::size_t>(cause::timeout)] == 2U);
  BOOST_TEST(statistics::sum(counters.retries) == 2U);
  BOOST_TEST(statistics::sum(counters.failovers) == 1U);
  BOOST_TEST(counters.stalls == 2U);
  BOOST_TEST(counters.stalled_nanoseconds == 2'000'000'000U);
}

BOOST_AUTO_TEST_CASE(speed_between_samples) {
  const auto start = statistics::clock::now();
  statistics counters(start);
  BOOST_TEST(counters.bytes_per_second() == 0U);
  counters.total_bytes_served += 3000;
  counters.sample_speed(start + 1500ms);
  BOOST_TEST(counters.bytes_per_second() == 2000U);
  counters.sample_speed(start + 1500ms);  // no time has passed: the last speed stays
  BOOST_TEST(counters.bytes_per_second() == 2000U);
  counters.sample_speed(start + 2500ms);
  BOOST_TEST(counters.bytes_per_second() == 0U);
}

BOOST_AUTO_TEST_CASE(threads_lose_no_request) {
  statistics counters;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 5'000; ++k) {
        counters.count_request("/stream", 200);
        counters.count_retry(cause::broken);
      }
    });
  }
  for (auto& each : threads)
    each.join();
  BOOST_TEST(counters.requests().at({"/stream", 200U}) == 20'000U);
  BOOST_TEST(statistics::sum(counters.retries) == 20'000U);
}

BOOST_AUTO_TEST_SUITE_END()
