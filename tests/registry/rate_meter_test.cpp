#include "registry/rate_meter.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::registry;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(rate_meter_test)

namespace {

/// The beginning of a slot.
const rate_meter::clock::time_point start{1000s};

}  // namespace

BOOST_AUTO_TEST_CASE(a_steady_flow_is_measured_as_it_is) {
  rate_meter meter;
  for (int tick = 0; tick < 300; ++tick)
    meter.add(10'000, start + tick * 10ms);
  const auto speed = meter.bytes_per_second(start + 3s);
  BOOST_TEST(speed > 950'000U);
  BOOST_TEST(speed < 1'050'000U);
}

BOOST_AUTO_TEST_CASE(a_beginning_is_not_averaged_over_time_before_it) {
  rate_meter meter;
  for (int tick = 0; tick < 40; ++tick)
    meter.add(10'000, start + tick * 10ms);
  const auto speed = meter.bytes_per_second(start + 400ms);
  BOOST_TEST(speed > 900'000U);
  BOOST_TEST(speed < 1'100'000U);
}

BOOST_AUTO_TEST_CASE(a_single_burst_is_no_infinite_speed) {
  rate_meter meter;
  meter.add(100'000, start);
  BOOST_TEST(meter.bytes_per_second(start) == 400'000U);
}

BOOST_AUTO_TEST_CASE(what_is_long_ago_does_not_count) {
  rate_meter meter;
  BOOST_TEST(meter.bytes_per_second(start) == 0U);
  meter.add(100'000, start);
  BOOST_TEST(meter.bytes_per_second(start + 1s) > 0U);
  BOOST_TEST(meter.bytes_per_second(start + 1250ms) == 0U);
  meter.add(50'000, start + 10s);
  BOOST_TEST(meter.bytes_per_second(start + 10s) == 200'000U);
}

BOOST_AUTO_TEST_SUITE_END()
