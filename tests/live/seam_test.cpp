// How a repeat is found, cut and marked.

#include "live/seam.hpp"

#include "live/seam_support.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using test::bytes;
using test::joined;
using test::verdict;

BOOST_FIXTURE_TEST_SUITE(seam, test::seam_fixture)

BOOST_AUTO_TEST_CASE(the_first_connection_flows_at_once) {
  clients.connect();
  BOOST_TEST(clients.send(test::part(stream, 0, 1)) == verdict::flowing);
  BOOST_TEST(clients.send(test::part(stream, 1, 500)) == verdict::flowing);
  BOOST_TEST(clients.out() == test::part(stream, 0, 500));
  BOOST_TEST(!clients.joint().settle_at());
}

BOOST_AUTO_TEST_CASE(a_repeat_is_cut) {
  begin(0, 600);
  BOOST_TEST(clients.send(test::part(stream, 300, 302)) == verdict::searching);
  BOOST_TEST(clients.send(test::part(stream, 302, 400)) == verdict::cutting);
  BOOST_TEST(!clients.joint().settle_at());
  BOOST_TEST(clients.send(test::part(stream, 400, 1000)) == verdict::flowing);
  BOOST_TEST(clients.out() == stream);
  BOOST_TEST(clients.counters().packets_cut == 300U);
  BOOST_TEST(clients.counters().seamless == 1U);
  BOOST_TEST(clients.counters().discontinuous == 0U);
}

BOOST_AUTO_TEST_CASE(tables_out_of_turn_at_the_beginning_are_cut_with_the_repeat) {
  begin(0, 600);
  test::ts_writer provider(3);
  clients.send(joined(joined(provider.pat(), provider.pmt()), test::part(stream, 300, 1000)));
  BOOST_TEST(clients.out() == stream);
}

BOOST_AUTO_TEST_CASE(the_history_is_shorter_than_a_convincing_run) {
  begin(500, 504);
  BOOST_TEST(clients.send(test::part(stream, 300, 700)) == verdict::searching);
  BOOST_TEST(clients.wait() == verdict::flowing);
  BOOST_TEST(clients.out() == test::part(stream, 500, 700));
  BOOST_TEST(clients.counters().seamless == 1U);
}

BOOST_AUTO_TEST_CASE(a_short_repeat_waits_for_the_time_to_settle) {
  begin(0, 600);
  BOOST_TEST(clients.send(test::part(stream, 597, 700)) == verdict::searching);
  BOOST_TEST(clients.wait() == verdict::flowing);
  BOOST_TEST(clients.out() == test::part(stream, 0, 700));
  BOOST_TEST(clients.counters().packets_cut == 3U);
}

BOOST_AUTO_TEST_CASE(a_slow_connection_that_has_only_repeated_so_far_is_cut) {
  begin(0, 600);
  BOOST_TEST(clients.send(test::part(stream, 301, 304)) == verdict::searching);
  BOOST_TEST(clients.wait() == verdict::cutting);
  BOOST_TEST(clients.send(test::part(stream, 304, 1000)) == verdict::flowing);
  BOOST_TEST(clients.out() == stream);
}

BOOST_AUTO_TEST_CASE(the_time_counts_from_the_first_bytes) {
  begin(0, 100);
  BOOST_TEST(!clients.joint().settle_at());
  clients.pass(std::chrono::seconds(5));
  BOOST_TEST(clients.send(test::part(stream, 500, 520)) == verdict::searching);
  BOOST_REQUIRE(clients.joint().settle_at());
  clients.pass(std::chrono::milliseconds(49));
  BOOST_TEST(clients.send(test::part(stream, 520, 521)) == verdict::searching);
  clients.pass(std::chrono::milliseconds(1));
  BOOST_TEST(clients.send(test::part(stream, 521, 522)) == verdict::flowing);
}

BOOST_AUTO_TEST_CASE(without_a_repeat_the_discontinuity_is_marked) {
  begin(0, 600);
  // Every counter would fit.
  BOOST_TEST(clients.send(test::part(stream, 600, 1000)) == verdict::searching);
  BOOST_TEST(clients.wait() == verdict::flowing);
  BOOST_TEST(clients.counters().discontinuous == 1U);
  const auto seen = test::judge(clients.out());
  BOOST_TEST(seen.content == stream);
  BOOST_TEST(seen.unannounced == 0U);
  BOOST_TEST(seen.marks == 4U);
}

BOOST_AUTO_TEST_CASE(a_pid_that_was_unknown_gets_no_mark) {
  begin(0, 600);
  bytes other;
  for (int i = 0; i < 10; ++i)
    test::add(other, writer.essence(0x700));
  clients.send(other);
  clients.wait();
  BOOST_TEST(test::judge(clients.out()).marks == 0U);
  BOOST_TEST(clients.out() == joined(test::part(stream, 0, 600), other));
}

BOOST_AUTO_TEST_CASE(the_byte_limit_ends_the_search) {
  live::seam_limits limits;
  limits.search_bytes = 100 * live::packet_size;
  test::clients limited(limits);
  limited.connect();
  limited.send(test::part(stream, 0, 200));
  limited.close();
  limited.connect();
  BOOST_TEST(limited.send(test::part(stream, 400, 500)) == verdict::searching);
  BOOST_TEST(limited.send(test::part(stream, 500, 501)) == verdict::flowing);
  BOOST_TEST(limited.counters().discontinuous == 1U);
}

BOOST_AUTO_TEST_CASE(a_repeat_that_diverges_is_new_from_there_on) {
  begin(0, 600);
  test::ts_writer other_writer(99);
  const auto other = test::live_stream(other_writer, 200);
  BOOST_TEST(clients.send(joined(test::part(stream, 300, 400), other)) == verdict::searching);
  BOOST_TEST(clients.wait() == verdict::flowing);
  BOOST_TEST(clients.counters().discontinuous == 1U);
  BOOST_TEST(clients.counters().seamless == 0U);
  const auto seen = test::judge(clients.out());
  BOOST_TEST(seen.unannounced == 0U);
  // The tables at the beginning of `other` go with the repeat: only essence can tell that it is over.
  BOOST_TEST(seen.content == joined(test::part(stream, 0, 600), test::part(other, 2, 200)));
}

// Torn in the middle of a packet, packets lost behind it, or packets of another stream.
BOOST_AUTO_TEST_CASE(a_repeat_that_is_damaged_goes_on_being_cut) {
  test::ts_writer other_writer(99);
  for (const std::size_t lost : {1U, 5U, 100U}) {
    for (const std::size_t strange : {0U, 1U, 20U}) {
      for (const std::size_t at : {301U, 400U, 480U}) {
        BOOST_TEST_CONTEXT(lost << " lost and " << strange << " strange at " << at) {
          test::clients each;
          each.connect();
          each.send(test::part(stream, 0, 600));
          each.close();
          each.connect();
          each.send(test::part(stream, 300, at));
          each.send(test::live_stream(other_writer, strange));
          each.send(test::part(stream, at + lost, 1000));
          BOOST_TEST(each.out() == stream);
          BOOST_TEST(each.counters().discontinuous == 0U);
          BOOST_TEST(each.counters().seamless == 1U);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_time_begins_again_where_a_repeat_is_damaged) {
  begin(0, 600);
  clients.send(test::part(stream, 300, 400));
  clients.pass(std::chrono::seconds(5));
  BOOST_TEST(clients.send(test::part(stream, 401, 403)) == verdict::searching);
  clients.pass(std::chrono::milliseconds(49));
  BOOST_TEST(clients.send(test::part(stream, 403, 404)) == verdict::searching);
  BOOST_TEST(clients.send(test::part(stream, 404, 1000)) == verdict::flowing);
  BOOST_TEST(clients.out() == stream);
}

BOOST_AUTO_TEST_CASE(tables_and_null_packets_sent_last_are_not_sent_again) {
  test::add(stream, writer.pat());
  test::add(stream, writer.null());
  test::add(stream, writer.null());
  test::add(stream, writer.pmt());
  const auto end = test::count(stream);
  bytes rest = joined(writer.null(), writer.pat());
  test::add(rest, test::live_stream(writer, 100));
  begin(0, end);
  clients.send(joined(test::part(stream, 700, end), rest));
  BOOST_TEST(clients.out() == joined(stream, rest));
  BOOST_TEST(clients.counters().packets_cut == end - 700);
}

BOOST_AUTO_TEST_CASE(a_table_whose_counter_does_not_fit_is_marked) {
  begin(0, 600);
  auto again = test::part(stream, 300, 1000);
  for (std::size_t at = 0; at < again.size(); at += live::packet_size)
    if (live::packet_at(again, at / live::packet_size).pid() == test::pmt_pid)
      again[at + 3] ^= std::byte{0x08};
  clients.send(again);
  const auto seen = test::judge(clients.out());
  BOOST_TEST(seen.marks == 1U);
  BOOST_TEST(seen.unannounced == 0U);
  BOOST_TEST(test::count(seen.content) == 1000U);
  BOOST_TEST(clients.counters().seamless == 1U);
}

BOOST_AUTO_TEST_CASE(content_that_repeats_itself_is_told_apart_by_what_follows) {
  // The counters of 16 packets of one PID return; each third group differs.
  bytes loop;
  for (int i = 0; i < 32; ++i)
    test::add(loop, writer.essence());
  bytes looping = test::part(stream, 0, 100);
  for (int i = 0; i < 10; ++i)
    test::add(looping, i % 3 == 2 ? test::live_stream(writer, 21) : loop);
  const auto all = test::count(looping);
  clients.connect();
  clients.send(test::part(looping, 0, all - 60));
  clients.close();
  clients.connect();
  clients.send(test::part(looping, 105, all));
  clients.wait();
  BOOST_TEST(test::judge(clients.out()).content == looping);
}

BOOST_AUTO_TEST_CASE(of_equally_good_places_the_latest_is_taken) {
  bytes loop;
  for (int i = 0; i < 32; ++i)
    test::add(loop, writer.essence());
  bytes looping;
  for (int i = 0; i < 5; ++i)
    test::add(looping, loop);
  clients.connect();
  clients.send(looping);
  clients.close();
  clients.connect();
  clients.send(joined(loop, loop));
  BOOST_TEST(clients.wait() == verdict::flowing);
  BOOST_TEST(clients.counters().packets_cut == 32U);
  BOOST_TEST(clients.out() == joined(looping, loop));
}

BOOST_AUTO_TEST_CASE(filler_is_no_proof) {
  const auto filler = [&] { return writer.packet({.pid = test::video_pid}, bytes{std::byte{1}}); };
  bytes sent = stream;
  for (int i = 0; i < 40; ++i)
    test::add(sent, filler());
  const auto rest = test::live_stream(writer, 100);
  clients.connect();
  clients.send(sent);
  clients.close();
  clients.connect();
  // Begins inside the filler, which shows only afterwards how much of it repeats.
  BOOST_TEST(clients.send(test::part(sent, 1002, 1040)) == verdict::searching);
  BOOST_TEST(clients.send(rest) == verdict::searching);
  clients.wait();
  BOOST_TEST(clients.out() == joined(sent, rest));
}

BOOST_AUTO_TEST_CASE(a_history_beyond_its_limit_forgets_the_oldest) {
  live::seam_limits limits;
  limits.history_packets = 100;
  test::clients limited(limits);
  limited.connect();
  limited.send(test::part(stream, 0, 600));
  limited.close();
  limited.connect();
  limited.send(test::part(stream, 200, 1000));
  BOOST_TEST(limited.out() == stream);
  BOOST_TEST(limited.counters().packets_cut == 400U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
