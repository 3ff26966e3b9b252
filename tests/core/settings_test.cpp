#include "core/settings.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;

BOOST_AUTO_TEST_SUITE(settings_defaults)

BOOST_AUTO_TEST_CASE(max_memory_is_a_plausible_share_of_this_machine) {
  const auto bytes = default_max_memory();
  BOOST_TEST(bytes >= 8ull << 20);
  BOOST_TEST(bytes <= 1ull << 50);
}

BOOST_AUTO_TEST_SUITE_END()
