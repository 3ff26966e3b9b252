#include "live/sent_clock.hpp"

#include "live/ts_stream.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;

constexpr std::uint64_t second = 27'000'000;
constexpr std::uint64_t wrap = (std::uint64_t{1} << 33U) * 300;

struct fixture {
  test::ts_writer writer;
  live::sent_clock clock;

  void send(std::uint64_t value, unsigned pid = test::video_pid) {
    clock.observe(live::packet_at(writer.packet({.pid = pid, .clock = value}), 0));
  }
  std::optional<bool> precedes(std::uint64_t value, unsigned pid = test::video_pid) {
    return clock.precedes(live::packet_at(writer.packet({.pid = pid, .clock = value}), 0));
  }
};

BOOST_FIXTURE_TEST_SUITE(sent_clock, fixture)

BOOST_AUTO_TEST_CASE(nothing_is_known_before_the_first) {
  BOOST_TEST(!precedes(5).has_value());
  clock.observe(live::packet_at(writer.essence(), 0));
  BOOST_TEST(clock.sent() == 1U);
  BOOST_TEST(!precedes(5).has_value());
}

BOOST_AUTO_TEST_CASE(compares_with_the_beginning) {
  for (const auto begin : {100 * second, 10 * second, std::uint64_t{0}, wrap - second / 2}) {
    BOOST_TEST_CONTEXT(begin) {
      clock.restart();
      for (unsigned i = 0; i < 20; ++i)
        send((begin + i * second / 10) % wrap);
      const auto at = [&](std::uint64_t before) { return precedes((begin + wrap - before) % wrap).value(); };
      BOOST_TEST(!at(0));
      BOOST_TEST(at(1));
      BOOST_TEST(at(second));
      BOOST_TEST(at(60 * second - 1));
      BOOST_TEST(!at(60 * second));
      BOOST_TEST(!at(wrap - 1));
      BOOST_TEST(!at(wrap - 2 * second));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_jump_begins_another_timeline) {
  send(100 * second);
  send(101 * second);
  BOOST_TEST(precedes(99 * second).value());
  send(300 * second);
  BOOST_TEST(clock.sent() == 0U);
  BOOST_TEST(!precedes(99 * second).value());
  BOOST_TEST(precedes(299 * second).value());
  send(250 * second);
  BOOST_TEST(!precedes(299 * second).value());
  BOOST_TEST(precedes(249 * second).value());
}

BOOST_AUTO_TEST_CASE(one_pid_is_followed) {
  send(100 * second);
  send(500 * second, test::audio_pid);
  BOOST_TEST(clock.sent() == 2U);
  BOOST_TEST(!precedes(499 * second, test::audio_pid).has_value());
  BOOST_TEST(precedes(99 * second).value());
  clock.restart();
  send(500 * second, test::audio_pid);
  BOOST_TEST(precedes(499 * second, test::audio_pid).value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
