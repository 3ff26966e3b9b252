#include "millracectl/quantities.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::ctl;

BOOST_AUTO_TEST_SUITE(quantities_test)

BOOST_AUTO_TEST_CASE(durations) {
  const auto text = [](int seconds) { return format_duration(std::chrono::seconds(seconds)); };
  BOOST_TEST(text(0) == "0 s");
  BOOST_TEST(text(59) == "59 s");
  BOOST_TEST(text(60) == "1 min");
  BOOST_TEST(text(725) == "12 min 5 s");
  BOOST_TEST(text(3'600) == "1 h");
  BOOST_TEST(text(3'659) == "1 h");
  BOOST_TEST(text(11'520) == "3 h 12 min");
  BOOST_TEST(text(86'400 * 400 + 7'200) == "400 d 2 h");
}

BOOST_AUTO_TEST_CASE(rates) {
  BOOST_TEST(format_rate(std::nullopt) == "-");
  BOOST_TEST(format_rate(0) == "0 B/s");
  BOOST_TEST(format_rate(1.5 * 1024 * 1024) == "1.5 MiB/s");
}

BOOST_AUTO_TEST_CASE(counts) {
  BOOST_TEST(format_count(0, "client") == "0 clients");
  BOOST_TEST(format_count(1, "client") == "1 client");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
