#include "registry/statistics.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

using millrace::registry::statistics;

BOOST_AUTO_TEST_SUITE(statistics_test)

BOOST_AUTO_TEST_CASE(responses_count_while_they_run) {
  const auto start = statistics::clock::now();
  statistics counters(start);
  {
    auto one = counters.begin_media_response();
    auto other = counters.begin_media_response();
    one.add_bytes(100);
    other.add_bytes(20);
    auto moved = std::move(other);
    moved.add_bytes(3);
    const auto now = counters.read(start + std::chrono::milliseconds(2500));
    BOOST_TEST(now.active_clients == 2);
    BOOST_TEST(now.active_streams == 2);
    BOOST_TEST(now.total_bytes_served == 123);
    BOOST_TEST(now.uptime.count() == 2);
  }
  BOOST_TEST(counters.read().active_clients == 0);
  BOOST_TEST(counters.read().total_bytes_served == 123);
}

BOOST_AUTO_TEST_SUITE_END()
