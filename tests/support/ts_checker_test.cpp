// The judge of transport streams and the stream that it is fed with here.

#include "support/ts_checker.hpp"

#include "faulty_origin/ts_content.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>

namespace {

using namespace millrace;
constexpr std::size_t packet_size = origin::ts_packet_size;

std::string packet(const origin::ts_stream& stream, std::uint64_t number) {
  std::string bytes(packet_size, '\0');
  stream.write(number, bytes);
  return bytes;
}

std::string packets(const origin::ts_stream& stream, std::uint64_t first, std::uint64_t end) {
  std::string bytes;
  for (; first < end; ++first)
    bytes += packet(stream, first);
  return bytes;
}

/// An adaptation field alone, stuffed (§2.4.3.4).
std::string adaptation_only(std::uint16_t pid, unsigned counter, unsigned flags) {
  std::string bytes(packet_size, static_cast<char>(0xff));
  bytes[0] = 0x47;
  bytes[1] = static_cast<char>(pid >> 8U);
  bytes[2] = static_cast<char>(pid & 0xffU);
  bytes[3] = static_cast<char>(0x20U | (counter & 15U));
  bytes[4] = static_cast<char>(183);
  bytes[5] = static_cast<char>(flags);
  return bytes;
}

std::uint64_t next_of(const origin::ts_stream& stream, origin::ts_kind kind, std::uint64_t number) {
  while (stream.kind_of(number) != kind)
    ++number;
  return number;
}

unsigned counter_of(const std::string& bytes) {
  return static_cast<unsigned char>(bytes[3]) & 15U;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ts_content)

BOOST_DATA_TEST_CASE(a_stream_is_proper_at_any_rate,
                     boost::unit_test::data::make({1'000'000UL, 8'000'000UL, 33'333'333UL, 200'000'000UL})) {
  const origin::ts_stream stream(7, sample);
  const std::uint64_t second = stream.packets_in(origin::ts_stream::seconds(1));
  // Behind a minute, from the middle of nowhere.
  const std::uint64_t first = 60 * second + 12'345;
  const auto seen = test::check_ts(packets(stream, first, first + 2 * second));
  BOOST_TEST_CONTEXT(seen.summary()) {
    BOOST_TEST(seen.clean());
    BOOST_TEST(seen.packets == 2 * second);
    BOOST_TEST(seen.jumps.empty());
    BOOST_TEST(seen.clock_jumps.empty());
    BOOST_TEST(seen.gaps().empty());
    BOOST_TEST(seen.increasing());
    BOOST_TEST(seen.only_seed(7));
    BOOST_TEST(seen.key_frames >= 2U);
    BOOST_TEST((seen.pat_seen && seen.pmt_seen));
    BOOST_TEST(seen.per_pid.at(origin::ts_pat_pid) >= 20U);
    BOOST_TEST(seen.per_pid.at(origin::ts_pmt_pid) >= 20U);
    BOOST_TEST(seen.per_pid.at(origin::ts_video_pid) > seen.packets / 2);
    BOOST_TEST(seen.per_pid.at(origin::ts_audio_pid) >= 49U);
    BOOST_TEST(seen.per_pid.at(origin::ts_null_pid) >= 48U);
  }
}

BOOST_AUTO_TEST_CASE(tables_and_clock_come_in_time) {
  for (const std::uint64_t rate : {origin::least_ts_rate, std::uint64_t{8'000'000}}) {
    const origin::ts_stream stream(1, rate);
    std::map<origin::ts_kind, double> last{{origin::ts_kind::pat, 0}, {origin::ts_kind::pmt, 0}};
    double last_clock = 0;
    double last_key = 0;
    for (std::uint64_t n = 0; n < stream.packets_in(origin::ts_stream::seconds(5)); ++n) {
      const double now = stream.time_of(n).count();
      const auto bytes = packet(stream, n);
      if (const auto found = last.find(stream.kind_of(n)); found != last.end()) {
        BOOST_REQUIRE_LE(now - found->second, 0.1);
        found->second = now;
      }
      if ((static_cast<unsigned char>(bytes[3]) & 0x20U) == 0) continue;
      BOOST_REQUIRE_LE(now - last_clock, 0.04);
      last_clock = now;
      if ((static_cast<unsigned char>(bytes[5]) & 0x40U) == 0) continue;
      BOOST_REQUIRE_LE(now - last_key, 1.0);
      last_key = now;
    }
    BOOST_TEST(last_key > 4.0);
  }
}

BOOST_AUTO_TEST_CASE(packets_are_unique_and_depend_on_seed_and_number_alone) {
  const origin::ts_stream stream(7);
  std::set<std::string> all;
  for (std::uint64_t n = 1'000'000; n < 1'003'000; ++n) {
    const auto mark = origin::read_ts_mark(packet(stream, n));
    const auto kind = stream.kind_of(n);
    const bool marked = kind == origin::ts_kind::video || kind == origin::ts_kind::audio;
    BOOST_REQUIRE(mark.has_value() == marked);
    if (!mark) continue;
    BOOST_REQUIRE(mark->intact);
    BOOST_REQUIRE(mark->seed == 7U);
    BOOST_REQUIRE(mark->number == n);
    BOOST_REQUIRE(mark->ordinal == stream.marked_before(n));
    // Also without header, clock and mark.
    BOOST_REQUIRE(all.insert(packet(stream, n).substr(80, 48)).second);
  }
  BOOST_TEST((packets(origin::ts_stream(7), 0, 50) == packets(stream, 0, 50)));
  BOOST_TEST((packets(origin::ts_stream(8), 0, 50) != packets(stream, 0, 50)));
  BOOST_CHECK_THROW(origin::ts_stream(7, 1000), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(numbers_without_end) {
  const origin::ts_stream stream(7);
  // 300 days on: the clock has wrapped several times.
  const std::uint64_t far = stream.packets_in(origin::ts_stream::seconds(300.0 * 86400));
  const auto seen = test::check_ts(packets(stream, far, far + 6000));
  BOOST_TEST(seen.clean());
  BOOST_TEST(seen.clock_jumps.empty());
  BOOST_TEST(seen.marks.front().mark.number >= far);
}

BOOST_AUTO_TEST_CASE(restamped_streams_have_nothing_in_common) {
  const origin::ts_stream stream(7);
  const auto one = stream.restamped(5000, 1);
  const auto seen = test::check_ts(packets(one, 5000, 9000));
  BOOST_TEST(seen.clean());
  BOOST_TEST(seen.clock_jumps.empty());
  BOOST_TEST(counter_of(packet(one, next_of(stream, origin::ts_kind::video, 5000))) == 0U);
  const auto two = stream.restamped(6000, 2);
  for (std::uint64_t n = 6000; n < 6500; ++n) {
    if (!origin::read_ts_mark(packet(stream, n))) continue;
    BOOST_REQUIRE(packet(one, n).substr(60, 60) != packet(two, n).substr(60, 60));
    BOOST_REQUIRE(origin::read_ts_mark(packet(two, n))->number == n);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ts_checker)

BOOST_AUTO_TEST_CASE(pieces_of_any_size) {
  const std::string bytes = packets(origin::ts_stream(3), 100, 400);
  for (const std::size_t size : {1UL, 100UL, 187UL, 188UL, 189UL, 1000UL}) {
    test::ts_checker checker;
    for (std::size_t at = 0; at < bytes.size(); at += size)
      checker.add(std::string_view(bytes).substr(at, size));
    BOOST_TEST(checker.report().clean());
    BOOST_TEST(checker.report().packets == 300U);
  }
}

BOOST_AUTO_TEST_CASE(bytes_out_of_place) {
  const origin::ts_stream stream(3);
  const std::string bytes = packets(stream, 0, 20);
  auto seen = test::check_ts(bytes.substr(100));
  BOOST_TEST(seen.leading == 88U);
  BOOST_TEST(seen.packets == 19U);
  BOOST_TEST(!seen.clean());
  seen = test::check_ts(bytes + packet(stream, 20).substr(0, 50));
  BOOST_TEST(seen.trailing == 50U);
  BOOST_TEST(!seen.clean());
  seen = test::check_ts(bytes + "noise" + packets(stream, 20, 40));
  BOOST_TEST(seen.stray == 5U);
  BOOST_TEST(seen.lost_sync == 1U);
  BOOST_TEST(seen.packets == 40U);
  BOOST_TEST(seen.gaps().empty());
  std::string damaged = bytes;
  damaged[3 * packet_size + 50] ^= 1;
  BOOST_TEST(test::check_ts(damaged).damaged_marks == 1U);
}

BOOST_AUTO_TEST_CASE(gaps_and_repeats_are_listed) {
  const origin::ts_stream stream(3);
  auto seen = test::check_ts(packets(stream, 1000, 1100) + packets(stream, 1200, 1300));
  BOOST_TEST_REQUIRE(seen.gaps().size() == 1U);
  BOOST_TEST(seen.gaps()[0].missing == stream.marked_before(1200) - stream.marked_before(1100));
  BOOST_TEST(seen.gaps()[0].last < 1100U);
  BOOST_TEST(seen.gaps()[0].next >= 1200U);
  BOOST_TEST(seen.unannounced_jumps() > 0U);
  BOOST_TEST(seen.increasing());
  seen = test::check_ts(packets(stream, 1000, 1100) + packets(stream, 1050, 1150));
  BOOST_TEST(seen.repeats().size() == stream.marked_before(1100) - stream.marked_before(1050));
  BOOST_TEST(seen.repeats()[0].highest < 1100U);
  BOOST_TEST(seen.gaps().empty());
  BOOST_TEST(seen.last_number().value() >= 1148U);
}

BOOST_AUTO_TEST_CASE(rules_of_the_continuity_counter) {
  const origin::ts_stream stream(3);
  const std::uint64_t at = next_of(stream, origin::ts_kind::audio, 500);
  const auto pid = origin::ts_audio_pid;
  const std::string one = packet(stream, at);
  const std::string next = packet(stream, next_of(stream, origin::ts_kind::audio, at + 1));
  const std::string later = packet(stream, next_of(stream, origin::ts_kind::audio, at + 100));
  const unsigned count = counter_of(one);

  BOOST_TEST(test::check_ts(one + next).jumps.empty());
  BOOST_TEST(test::check_ts(one + one + next).duplicates == 1U);
  BOOST_TEST(test::check_ts(one + one + next).jumps.empty());
  BOOST_TEST(test::check_ts(one + one + one + next).unannounced_jumps() == 1U);
  BOOST_TEST(test::check_ts(one + later).unannounced_jumps() == 1U);
  BOOST_TEST(test::check_ts(one + adaptation_only(pid, count, 0) + next).jumps.empty());
  BOOST_TEST(test::check_ts(one + adaptation_only(pid, count + 1, 0) + next).unannounced_jumps() == 2U);
  // The indicator permits the jump of its own packet; what follows goes on from there.
  const auto announced = test::check_ts(one + adaptation_only(pid, counter_of(later) + 15, 0x80) + later);
  BOOST_TEST(announced.clean());
  BOOST_TEST(announced.announced_jumps() == 1U);
  BOOST_TEST(announced.indicators == 1U);
  BOOST_TEST(test::check_ts(one + adaptation_only(pid, count, 0x80) + later).unannounced_jumps() == 1U);
}

BOOST_AUTO_TEST_CASE(jumps_of_the_clock) {
  const origin::ts_stream stream(3);
  const std::uint64_t far = 100'000;
  const std::string jump = packets(stream, 0, 500) + packets(stream, far, far + 500);
  BOOST_TEST(test::check_ts(jump).unannounced_clock_jumps() == 1U);
  const std::uint64_t video = next_of(stream, origin::ts_kind::video, far);
  const std::string flag =
      adaptation_only(origin::ts_video_pid, counter_of(packet(stream, video)) + 15, 0x80);
  const auto seen = test::check_ts(packets(stream, 0, 500) + flag + packets(stream, far, far + 500));
  BOOST_TEST(seen.unannounced_clock_jumps() == 0U);
  BOOST_TEST(seen.clock_jumps.size() == 1U);
  // Backwards, too.
  BOOST_TEST(test::check_ts(packets(stream, 500, 1000) + packets(stream, 0, 500)).clock_jumps.size() == 1U);
}

BOOST_AUTO_TEST_CASE(packets_before_the_tables) {
  const origin::ts_stream stream(3);
  BOOST_TEST(test::check_ts(packets(stream, 0, 100)).before_tables == 0U);
  const auto seen = test::check_ts(packets(stream, 100, 1000));
  const std::uint64_t table = next_of(stream, origin::ts_kind::pat, 100);
  BOOST_TEST(seen.before_tables == stream.marked_before(table) - stream.marked_before(100));
  std::string broken = packets(stream, 0, 100);
  broken[20] ^= 1;
  BOOST_TEST(!test::check_ts(broken).pat_seen);
}

BOOST_AUTO_TEST_SUITE_END()
