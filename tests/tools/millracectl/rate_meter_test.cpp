#include "millracectl/rate_meter.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::ctl;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(rate_meter_test)

BOOST_AUTO_TEST_CASE(differences_per_second) {
  rate_meter meter;
  const rate_meter::clock::time_point start{seconds(1'000)};
  meter.begin(start);
  BOOST_TEST(!meter.rate("old", 5'000));

  meter.begin(start + seconds(4));
  BOOST_TEST(meter.rate("old", 5'400).value() == 100);
  BOOST_TEST(meter.rate("new", 800).value() == 200);

  meter.begin(start + seconds(5));
  BOOST_TEST(meter.rate("old", 5'400).value() == 0);
}

BOOST_AUTO_TEST_CASE(a_counter_that_went_backwards_is_counted_anew) {
  rate_meter meter;
  const rate_meter::clock::time_point start{seconds(1)};
  meter.begin(start);
  meter.rate("a", 100);
  meter.begin(start + seconds(1));
  BOOST_TEST(!meter.rate("a", 40));
  meter.begin(start + seconds(2));
  BOOST_TEST(meter.rate("a", 50).value() == 10);
}

BOOST_AUTO_TEST_CASE(no_time_no_rate) {
  rate_meter meter;
  meter.begin({});
  meter.rate("a", 1);
  meter.begin({});
  BOOST_TEST(!meter.rate("a", 2));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
