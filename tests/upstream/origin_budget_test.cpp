#include "upstream/origin_budget.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::upstream;
using namespace std::chrono_literals;

struct fixture {
  origin_budget budget{10min};
  origin_budget::clock::time_point now{};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(origin_budget_test, fixture)

BOOST_AUTO_TEST_CASE(unknown_origins_bear_what_is_wanted) {
  BOOST_TEST(budget.limit("http://a:80", 1, now) == 1u);
  BOOST_TEST(budget.limit("http://a:80", 64, now) == 64u);
}

BOOST_AUTO_TEST_CASE(overload_halves_down_to_one) {
  unsigned tried = 16;
  for (const unsigned expected : {8U, 4U, 2U, 1U, 1U}) {
    tried = budget.overloaded("http://a:80", tried, now);
    BOOST_TEST(tried == expected);
    BOOST_TEST(budget.limit("http://a:80", 16, now) == expected);
  }
  BOOST_TEST(budget.limit("http://b:80", 16, now) == 16u);
}

BOOST_AUTO_TEST_CASE(odd_numbers_and_zero) {
  BOOST_TEST(budget.overloaded("a", 5, now) == 2u);
  BOOST_TEST(budget.overloaded("b", 1, now) == 1u);
  BOOST_TEST(budget.overloaded("c", 0, now) == 1u);
}

BOOST_AUTO_TEST_CASE(never_more_than_wanted) {
  budget.overloaded("a", 16, now);
  BOOST_TEST(budget.limit("a", 3, now) == 3u);
}

BOOST_AUTO_TEST_CASE(a_lower_limit_is_not_raised_by_another_request) {
  budget.overloaded("a", 4, now);
  budget.overloaded("a", 32, now);
  BOOST_TEST(budget.limit("a", 64, now) == 2u);
}

BOOST_AUTO_TEST_CASE(forgotten_after_a_while) {
  budget.overloaded("a", 8, now);
  BOOST_TEST(budget.limit("a", 8, now + 10min - 1ns) == 4u);
  BOOST_TEST(budget.limit("a", 8, now + 10min) == 8u);
  budget.overloaded("a", 8, now);
  budget.overloaded("a", 4, now + 9min);
  BOOST_TEST(budget.limit("a", 8, now + 18min) == 2u);
  BOOST_TEST(budget.limit("a", 8, now + 19min) == 8u);
}

BOOST_AUTO_TEST_CASE(an_expired_limit_does_not_weigh_on_a_new_one) {
  budget.overloaded("a", 2, now);
  BOOST_TEST(budget.overloaded("a", 16, now + 11min) == 8u);
}

BOOST_AUTO_TEST_SUITE_END()
