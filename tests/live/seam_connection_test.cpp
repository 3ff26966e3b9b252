// Where connections begin and how they end: before what was sent, at the beginning of a recording, in the
// middle.

#include "live/seam.hpp"
#include "live/seam_support.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using test::bytes;
using test::joined;
using test::verdict;

BOOST_FIXTURE_TEST_SUITE(seam_connection, test::seam_fixture)

BOOST_AUTO_TEST_CASE(the_provider_starts_before_all_that_was_sent) {
  begin(500, 600);
  BOOST_TEST(clients.send(test::part(stream, 0, 500)) == verdict::searching);
  BOOST_TEST(clients.send(test::part(stream, 500, 1000)) == verdict::flowing);
  BOOST_TEST(clients.out() == test::part(stream, 500, 1000));
  BOOST_TEST(clients.counters().packets_cut == 600U);
  BOOST_TEST(clients.counters().seamless == 1U);
}

// However long it takes, as long as its clock lies before what was sent.
BOOST_AUTO_TEST_CASE(the_provider_starts_before_all_that_was_sent_and_is_slow) {
  begin(500, 600);
  for (std::size_t at = 0; at < 1000; at += 20) {
    clients.send(test::part(stream, at, at + 20));
    clients.pass(std::chrono::milliseconds(40));
    clients.joint().settle(clients.now(), clients.out());
  }
  BOOST_TEST(clients.out() == test::part(stream, 500, 1000));
  BOOST_TEST(clients.counters().packets_cut == 600U);
  BOOST_TEST(clients.counters().seamless == 1U);
  BOOST_TEST(clients.counters().discontinuous == 0U);
}

BOOST_AUTO_TEST_CASE(a_provider_that_starts_before_and_breaks_off) {
  begin(500, 600);
  clients.send(test::part(stream, 0, 300));
  clients.close();
  clients.connect();
  clients.send(test::part(stream, 200, 1000));
  BOOST_TEST(clients.out() == test::part(stream, 500, 1000));
  BOOST_TEST(clients.counters().discontinuous == 0U);
}

BOOST_AUTO_TEST_CASE(a_provider_that_starts_before_is_not_waited_for_for_ever) {
  begin(500, 600);
  clients.send(test::part(stream, 0, 10));
  clients.pass(std::chrono::milliseconds(4'999));
  BOOST_TEST(clients.send(test::part(stream, 10, 30)) == verdict::searching);
  BOOST_TEST(clients.counters().discontinuous == 0U);
  BOOST_REQUIRE(clients.joint().settle_at());
  clients.pass(std::chrono::milliseconds(1));
  BOOST_TEST(clients.send(test::part(stream, 30, 40)) == verdict::flowing);
  BOOST_TEST(clients.counters().discontinuous == 1U);
  BOOST_TEST(test::judge(clients.out()).unannounced == 0U);
}

// A minute before, hours before, behind, and at the beginning itself.
BOOST_AUTO_TEST_CASE(only_a_clock_shortly_before_is_waited_for) {
  constexpr std::uint64_t second = 27'000'000;
  for (const auto& [clock, waits] : {std::pair{50 * second, true}, std::pair{39 * second, false},
                                     std::pair{100 * second, false}, std::pair{110 * second, false}}) {
    BOOST_TEST_CONTEXT(clock / second) {
      test::clients each;
      test::ts_writer one(21), other(22);
      each.connect();
      each.send(test::live_stream(one, 600, 100 * second));
      each.close();
      each.connect();
      each.send(test::live_stream(other, 100, clock));
      each.wait();
      BOOST_TEST(each.counters().discontinuous == (waits ? 0U : 1U));
    }
  }
}

// It began at the same clock as all the others.
BOOST_AUTO_TEST_CASE(a_clock_older_than_the_history_is_no_measure) {
  live::seam_limits limits;
  limits.history_packets = 100;
  test::clients limited(limits);
  limited.connect();
  limited.send(test::part(stream, 500, 700));
  limited.close();
  limited.connect();
  limited.send(test::part(stream, 0, 100));
  BOOST_TEST(limited.wait() == verdict::flowing);
  BOOST_TEST(limited.counters().discontinuous == 1U);
}

// What was sent before belongs to another clock.
BOOST_AUTO_TEST_CASE(the_provider_starts_before_the_last_discontinuity) {
  test::ts_writer other(77);
  begin(0, 100);
  const auto later = test::live_stream(other, 1000, 27'000'000'000);
  clients.send(test::part(later, 500, 600));
  clients.wait();
  BOOST_TEST(clients.counters().discontinuous == 1U);
  clients.close();
  clients.connect();
  clients.send(test::part(later, 0, 400));
  clients.wait();
  clients.send(test::part(later, 400, 1000));
  BOOST_TEST(clients.counters().discontinuous == 1U);
  const auto seen = test::judge(clients.out());
  BOOST_TEST(seen.content == joined(test::part(stream, 0, 100), test::part(later, 500, 1000)));
}

BOOST_AUTO_TEST_CASE(a_recording_is_recognised) {
  begin(0, 600, true);
  BOOST_TEST(clients.send(test::part(stream, 0, 40)) == verdict::searching);
  BOOST_TEST(!clients.joint().settle_at());
  BOOST_TEST(clients.wait() == verdict::searching);
  BOOST_TEST(clients.send(test::part(stream, 40, 100)) == verdict::recording);
  BOOST_TEST(clients.send(test::part(stream, 100, 900)) == verdict::recording);
  clients.close();
  clients.connect();
  BOOST_TEST(clients.send(test::part(stream, 0, 900)) == verdict::recording);
  BOOST_TEST(clients.out() == test::part(stream, 0, 600));
}

BOOST_AUTO_TEST_CASE(a_short_recording_is_recognised) {
  begin(0, 10, true);
  BOOST_TEST(clients.send(test::part(stream, 0, 9)) == verdict::searching);
  BOOST_TEST(clients.send(test::part(stream, 9, 10)) == verdict::recording);
}

BOOST_AUTO_TEST_CASE(tables_alone_are_no_recording) {
  begin(0, 2, true);
  BOOST_TEST(clients.send(test::part(stream, 0, 50)) == verdict::searching);
  clients.wait();
  BOOST_TEST(test::judge(clients.out()).content == test::part(stream, 0, 50));
}

BOOST_AUTO_TEST_CASE(a_broken_end_is_no_recording) {
  begin(0, 600, false);
  BOOST_TEST(clients.send(test::part(stream, 0, 1000)) == verdict::flowing);
  BOOST_TEST(clients.out() == stream);
}

BOOST_AUTO_TEST_CASE(a_proper_end_and_another_beginning_is_live) {
  begin(0, 600, true);
  BOOST_TEST(clients.send(joined(test::part(stream, 0, 2), test::part(stream, 300, 1000))) ==
             verdict::flowing);
  BOOST_TEST(clients.out() == stream);
}

BOOST_AUTO_TEST_CASE(an_interrupted_repetition_of_a_recording_is_remembered) {
  begin(0, 600, true);
  clients.send(test::part(stream, 0, 10));
  clients.close();
  clients.connect();
  clients.close();
  clients.connect();
  BOOST_TEST(clients.send(test::part(stream, 0, 64)) == verdict::recording);
  BOOST_TEST(clients.out() == test::part(stream, 0, 600));
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_while_searching_loses_nothing) {
  begin(0, 600);
  clients.send(test::part(stream, 700, 710));
  clients.close();
  clients.connect();
  clients.send(test::part(stream, 650, 1000));
  const auto seen = test::judge(clients.out());
  BOOST_TEST(seen.content == joined(test::part(stream, 0, 600), test::part(stream, 700, 1000)));
  BOOST_TEST(seen.unannounced == 0U);
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_inside_the_repeat_changes_nothing) {
  begin(0, 600);
  clients.send(test::part(stream, 300, 500));
  clients.close();
  clients.connect();
  clients.send(test::part(stream, 400, 1000));
  BOOST_TEST(clients.out() == stream);
}

BOOST_AUTO_TEST_CASE(connections_without_a_packet_change_nothing) {
  clients.connect();
  clients.close(true);
  clients.connect();
  BOOST_TEST(clients.send(test::part(stream, 0, 600)) == verdict::flowing);
  clients.close();
  clients.connect();
  clients.close(true);
  clients.connect();
  BOOST_TEST(clients.send(test::part(stream, 500, 1000)) == verdict::flowing);
  BOOST_TEST(clients.out() == stream);
}

BOOST_AUTO_TEST_CASE(packets_sent_before_the_first_pat_are_found_again) {
  begin(5, 19);
  clients.send(test::part(stream, 0, 400));
  clients.wait();
  BOOST_TEST(clients.out() == test::part(stream, 5, 400));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
