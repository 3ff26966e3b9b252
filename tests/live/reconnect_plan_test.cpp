#include "live/reconnect_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace millrace;
using live::reconnect_plan;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(reconnect_plan_test)

namespace {

/// The next steps as a transcript: source, `!` for the last of its round, the wait in front.
std::string steps(reconnect_plan& plan, std::size_t count) {
  upstream_settings config;
  config.backoff_first = milliseconds(500);
  config.backoff_limit = milliseconds(8'000);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto step = plan.next(0, config);
    if (step.wait.count() > 0) text += std::to_string(step.wait.count()) + "ms:";
    text += std::to_string(step.source) + (step.another_left ? " " : "! ");
  }
  return text;
}

std::string transcript(const std::vector<std::size_t>& order, std::size_t lost, bool again, unsigned barren,
                       std::size_t count) {
  reconnect_plan plan(order, lost, again, barren);
  return steps(plan, count);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_single_source) {
  // At once, then with back-off, for ever.
  BOOST_TEST(transcript({0}, 0, true, 0, 6) == "0! 500ms:0! 1000ms:0! 2000ms:0! 4000ms:0! 8000ms:0! ");
  BOOST_TEST(transcript({0}, 0, false, 0, 2) == "0! 500ms:0! ");
  BOOST_TEST(transcript({0}, 0, true, 3, 2) == "2000ms:0! 4000ms:0! ");
}

BOOST_AUTO_TEST_CASE(several_sources) {
  BOOST_TEST(transcript({0, 1, 2}, 0, true, 0, 7) == "0 1 2! 500ms:0 1 2! 1000ms:0 ");
  BOOST_TEST(transcript({0, 1, 2}, 0, false, 0, 3) == "1 2! 500ms:0 ");
  BOOST_TEST(transcript({0, 1, 2}, 1, true, 0, 4) == "1 2 0! 500ms:0 ");
  BOOST_TEST(transcript({0, 1, 2}, 2, false, 0, 3) == "0 1! 500ms:0 ");
}

// What rests is last in the order, and stays so.
BOOST_AUTO_TEST_CASE(the_order_of_preference) {
  BOOST_TEST(transcript({2, 0, 1}, 2, false, 0, 5) == "0 1! 500ms:2 0 1! ");
}

BOOST_AUTO_TEST_CASE(a_source_that_is_no_more) {
  BOOST_TEST(transcript({0, 1}, 7, false, 0, 3) == "0 1! 500ms:0 ");
  BOOST_TEST(transcript({0}, 7, false, 0, 2) == "0! 500ms:0! ");
}

BOOST_AUTO_TEST_CASE(rounds_and_what_follows) {
  reconnect_plan plan({0, 1}, 0, true, 0);
  BOOST_TEST(plan.following() == 0U);
  BOOST_TEST(plan.rounds() == 0U);
  steps(plan, 1);
  BOOST_TEST(plan.following() == 1U);
  BOOST_TEST(plan.rounds() == 0U);
  steps(plan, 1);
  BOOST_TEST(plan.rounds() == 1U);
  steps(plan, 2);
  BOOST_TEST(plan.rounds() == 2U);
}

BOOST_AUTO_TEST_CASE(the_wait_is_bounded_and_has_jitter) {
  upstream_settings config;
  reconnect_plan plan({0}, 0, true, 1'000'000);
  BOOST_TEST(plan.next(0.99, config).wait.count() == config.backoff_limit.count());
  reconnect_plan early({0}, 0, true, 1);
  BOOST_TEST(early.next(0.99, config).wait > config.backoff_first);
}

BOOST_AUTO_TEST_SUITE_END()
