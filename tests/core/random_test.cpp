#include "core/random.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace millrace;

BOOST_AUTO_TEST_SUITE(random_test)

BOOST_AUTO_TEST_CASE(secrets_are_hex_digits_and_never_the_same) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto text = random_hex(8);
    BOOST_TEST(text.size() == 16U);
    BOOST_TEST(text.find_first_not_of("0123456789abcdef") == std::string::npos, text);
    BOOST_TEST(seen.insert(text).second, text);
  }
  BOOST_TEST(random_hex(0).empty());
}

BOOST_AUTO_TEST_CASE(the_unit_is_half_open) {
  for (int i = 0; i < 1000; ++i) {
    const auto value = random_unit();
    BOOST_TEST((value >= 0 && value < 1));
  }
}

BOOST_AUTO_TEST_SUITE_END()
