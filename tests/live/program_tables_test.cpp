#include "live/program_tables.hpp"

#include "live/ts_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

namespace {

using namespace millrace;
using test::bytes;

/// Whose PMTs a decoder finds.
std::set<unsigned> programs_in(const bytes& packets) {
  std::map<unsigned, live::section_reader> readers;
  std::set<unsigned> found;
  for (std::size_t i = 0; i < test::count(packets); ++i) {
    const auto packet = live::packet_at(packets, i);
    for (const auto& section : readers[packet.pid()].take(packet))
      if (section.table_id() == 2) found.insert(section.extension());
  }
  return found;
}

BOOST_AUTO_TEST_SUITE(program_tables)

BOOST_AUTO_TEST_CASE(nothing_is_known_at_first) {
  const live::program_tables tables;
  BOOST_REQUIRE(tables.packets());
  BOOST_TEST(tables.packets()->empty());
  BOOST_TEST(tables.is_table(0));
  BOOST_TEST(tables.is_table(0x11));
  BOOST_TEST(!tables.is_table(test::pmt_pid));
  BOOST_TEST(!tables.is_table(test::video_pid));
}

BOOST_AUTO_TEST_CASE(holds_pat_and_pmt_as_they_were_sent) {
  test::ts_writer writer;
  live::program_tables tables;
  auto expected = writer.pat();
  tables.observe(expected);
  BOOST_TEST(*tables.packets() == expected);
  BOOST_TEST(tables.is_table(test::pmt_pid));
  const auto pmt = writer.pmt();
  tables.observe(pmt);
  test::add(expected, pmt);
  BOOST_TEST(*tables.packets() == expected);
}

BOOST_AUTO_TEST_CASE(the_snapshot_changes_with_tables_only) {
  test::ts_writer writer;
  live::program_tables tables;
  tables.observe(writer.pat());
  tables.observe(writer.pmt());
  const auto first = tables.packets();
  tables.observe(writer.essence());
  tables.observe(writer.null());
  BOOST_TEST(tables.packets() == first);
  const auto copy = *first;
  auto expected = writer.pat();
  tables.observe(expected);
  test::add(expected, test::part(copy, 1, 2));
  BOOST_TEST(*tables.packets() == expected);
  BOOST_TEST(*first == copy);
}

BOOST_AUTO_TEST_CASE(the_next_packet_is_in_order_wherever_a_client_joins) {
  test::ts_writer writer;
  bytes stream;
  const std::vector<test::program> programs{{1, 0x1000}, {2, 0x1001}, {3, 0x1001}};
  for (int i = 0; i < 40; ++i) {
    test::add(stream, writer.pat(programs));
    test::add(stream, writer.essence());
    test::add(stream, writer.section(0x1000, test::pmt_section(1, 0, 700)));
    test::add(stream,
              writer.sections(0x1001, {test::pmt_section(2), test::make_section(0xc0, 9, 0, bytes(400)),
                                       test::pmt_section(3, 0, 300)}));
  }
  live::program_tables tables;
  for (std::size_t i = 0; i + 20 < test::count(stream); ++i) {
    tables.observe(live::packet_at(stream, i));
    auto joined = *tables.packets();
    if (i > 20) BOOST_TEST((programs_in(joined) == std::set<unsigned>{1, 2, 3}));
    test::add(joined, test::part(stream, i + 1, i + 21));
    BOOST_TEST(test::judge(joined).unannounced == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_lost_packet_costs_its_section_only) {
  test::ts_writer writer;
  live::program_tables tables;
  const auto pat = writer.pat();
  const auto first = writer.section(test::pmt_pid, test::pmt_section(1, 0, 500));
  const auto second = writer.section(test::pmt_pid, test::pmt_section(1, 1, 500));
  BOOST_REQUIRE(test::count(first) == 3U);
  tables.observe(pat);
  tables.observe(first);
  tables.observe(test::part(second, 0, 1));
  tables.observe(test::part(second, 2, 3));
  auto snapshot = *tables.packets();
  BOOST_TEST(test::count(snapshot) == 4U);
  test::add(snapshot, writer.pmt());
  BOOST_TEST(test::judge(snapshot).unannounced == 0U);
}

BOOST_AUTO_TEST_CASE(a_repeated_packet_counts_once) {
  test::ts_writer writer;
  live::program_tables tables;
  auto expected = writer.pat();
  const auto pmt = writer.section(test::pmt_pid, test::pmt_section(1, 0, 500));
  tables.observe(expected);
  for (std::size_t i = 0; i < 3; ++i) {
    tables.observe(test::part(pmt, i, i + 1));
    tables.observe(test::part(pmt, i, i + 1));
  }
  test::add(expected, pmt);
  BOOST_TEST(*tables.packets() == expected);
}

BOOST_AUTO_TEST_CASE(damaged_scrambled_and_future_tables_are_ignored) {
  test::ts_writer writer;
  live::program_tables tables;
  auto wrong_crc = writer.pat();
  wrong_crc[14] ^= std::byte{1};
  tables.observe(wrong_crc);
  auto error = writer.pat();
  error[1] |= std::byte{0x80};
  tables.observe(error);
  auto scrambled = writer.pat();
  scrambled[3] |= std::byte{0x80};
  tables.observe(scrambled);
  auto section = test::pat_section({{1, test::pmt_pid}});
  section[5] &= std::byte{0xfe};
  section.resize(section.size() - 4);
  const auto crc = live::section_crc(section);
  for (const auto shift : {24U, 16U, 8U, 0U})
    section.push_back(static_cast<std::byte>(crc >> shift & 0xffU));
  tables.observe(writer.section(0, section));
  BOOST_TEST(tables.packets()->empty());
  BOOST_TEST(!tables.is_table(test::pmt_pid));
  tables.observe(writer.pat());
  BOOST_TEST(!tables.packets()->empty());
}

BOOST_AUTO_TEST_CASE(a_pat_in_two_sections_counts_when_both_are_there) {
  test::ts_writer writer;
  live::program_tables tables;
  const auto first = writer.section(0, test::pat_section({{1, 0x200}}, 3, 0, 1));
  const auto second = writer.section(0, test::pat_section({{2, 0x201}, {0, 0x300}}, 3, 1, 1));
  tables.observe(first);
  BOOST_TEST(tables.packets()->empty());
  tables.observe(second);
  auto expected = first;
  test::add(expected, second);
  BOOST_TEST(*tables.packets() == expected);
  BOOST_TEST(tables.is_table(0x200));
  BOOST_TEST(tables.is_table(0x201));
  BOOST_TEST(tables.is_table(0x300));
}

BOOST_AUTO_TEST_CASE(a_new_version_replaces_the_programs) {
  test::ts_writer writer;
  live::program_tables tables;
  tables.observe(writer.pat());
  tables.observe(writer.pmt());
  auto expected = writer.pat({{5, 0x500}}, 1);
  tables.observe(expected);
  BOOST_TEST(*tables.packets() == expected);
  BOOST_TEST(!tables.is_table(test::pmt_pid));
  tables.observe(writer.pmt());
  const auto pmt = writer.section(0x500, test::pmt_section(5));
  tables.observe(pmt);
  test::add(expected, pmt);
  BOOST_TEST(*tables.packets() == expected);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
