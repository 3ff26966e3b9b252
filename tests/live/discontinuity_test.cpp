#include "live/discontinuity.hpp"

#include "live/ts_stream.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using test::bytes;

BOOST_AUTO_TEST_SUITE(discontinuity)

BOOST_AUTO_TEST_CASE(flags_are_marked_in_place) {
  test::ts_writer writer;
  const auto packet = writer.packet({.pid = 0x100, .flags = 0x50});
  bytes out;
  live::append_marked(live::packet_at(packet, 0), out);
  auto expected = packet;
  expected[5] = std::byte{0xd0};
  BOOST_TEST(out == expected);
}

BOOST_AUTO_TEST_CASE(without_flags_a_packet_goes_before) {
  test::ts_writer writer;
  for (const unsigned last : {15U, 0U, 7U}) {
    writer.set_counter(0x1abc, last);
    const auto packet = writer.packet({.pid = 0x1abc, .unit_start = true});
    bytes out;
    live::append_marked(live::packet_at(packet, 0), out);
    BOOST_REQUIRE(test::count(out) == 2U);
    BOOST_TEST(test::part(out, 1, 2) == packet);
    const auto marker = live::packet_at(out, 0);
    BOOST_TEST(marker.pid() == 0x1abc);
    BOOST_TEST(marker.discontinuity_indicator());
    BOOST_TEST(!marker.has_payload());
    BOOST_TEST(!marker.payload_unit_start());
    BOOST_TEST(marker.adaptation().size() == 183U);
    BOOST_TEST(marker.continuity_counter() == last);
    BOOST_TEST(live::continues(marker.continuity_counter(), live::packet_at(out, 1)));
  }
}

BOOST_AUTO_TEST_CASE(an_empty_adaptation_field_has_no_flags) {
  bytes packet(live::packet_size, std::byte{0xff});
  packet[0] = live::sync_byte;
  packet[1] = std::byte{1};
  packet[3] = std::byte{0x35};
  packet[4] = std::byte{0};
  bytes out;
  live::append_marked(live::packet_at(packet, 0), out);
  BOOST_TEST(test::count(out) == 2U);
  BOOST_TEST(live::packet_at(out, 0).continuity_counter() == 4);

  packet[3] = std::byte{0x25};
  BOOST_TEST(live::packet_view(live::marker_before(live::packet_at(packet, 0))).continuity_counter() == 5);
}

BOOST_AUTO_TEST_CASE(a_prologue_makes_any_following_packet_continuous) {
  test::ts_writer writer;
  live::pid_counters counters;
  bytes before, after;
  for (const live::pid_type pid :
       std::initializer_list<live::pid_type>{0x100, 0x101, 0x100, 0x1fff, 0x0, 0x1fff}) {
    const auto packet = writer.packet({.pid = pid});
    counters.observe(live::packet_at(packet, 0));
    before.insert(before.end(), packet.begin(), packet.end());
  }
  for (const live::pid_type pid : std::initializer_list<live::pid_type>{0x0, 0x100, 0x101, 0x100}) {
    const auto packet = writer.packet({.pid = pid});
    after.insert(after.end(), packet.begin(), packet.end());
  }
  auto all = live::resync_prologue(*counters.read());
  BOOST_TEST(test::count(all) == 3U);
  all.insert(all.end(), after.begin(), after.end());
  const auto seen = test::judge(all);
  BOOST_TEST(seen.marks == 3U);
  BOOST_TEST(seen.unannounced == 0U);
  BOOST_TEST(seen.content == after);
  BOOST_TEST(live::resync_prologue({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
