#include "live/ts_packet.hpp"

#include "live/ts_stream.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

namespace {

using namespace millrace;
using test::bytes;

BOOST_AUTO_TEST_SUITE(ts_packet)

BOOST_AUTO_TEST_CASE(reads_the_clock) {
  test::ts_writer writer;
  const auto clock_of = [](const bytes& packet) { return live::packet_at(packet, 0).program_clock(); };
  for (const std::uint64_t clock : {0ULL, 299ULL, 300ULL, 27'000'001ULL, (1ULL << 33U) * 300 - 1}) {
    BOOST_TEST(clock_of(writer.packet({.pid = 1, .clock = clock})).value_or(1) == clock);
    BOOST_TEST(clock_of(writer.packet({.pid = 1, .with_payload = false, .clock = clock})).value_or(1) ==
               clock);
  }
  BOOST_TEST(!clock_of(writer.packet({.pid = 1})).has_value());
  BOOST_TEST(!clock_of(writer.packet({.pid = 1, .flags = 0x10})).has_value());  // no room for it
  auto unflagged = writer.packet({.pid = 1, .clock = 5});
  unflagged[5] = std::byte{};
  BOOST_TEST(!clock_of(unflagged).has_value());
}

BOOST_AUTO_TEST_CASE(reads_the_header) {
  test::ts_writer writer;
  writer.set_counter(0x1abc, 8);
  const auto packet = writer.packet({.pid = 0x1abc, .unit_start = true, .flags = 0xc0});
  const auto view = live::packet_at(packet, 0);
  BOOST_TEST(view.has_sync());
  BOOST_TEST(view.pid() == 0x1abc);
  BOOST_TEST(view.payload_unit_start());
  BOOST_TEST(view.continuity_counter() == 9);
  BOOST_TEST(view.has_payload());
  BOOST_TEST(view.discontinuity_indicator());
  BOOST_TEST(view.random_access_indicator());
  BOOST_TEST(view.adaptation().size() == 1U);
  BOOST_TEST(view.payload().size() == 182U);
  BOOST_TEST(!view.is_null());
  BOOST_TEST(!view.scrambled());
  BOOST_TEST(!view.transport_error());
}

struct field_case {
  unsigned control;  // byte 3
  unsigned length;   // byte 4
  std::size_t adaptation;
  std::size_t payload;
};
std::ostream& operator<<(std::ostream& out, const field_case& c) {
  return out << c.control << '/' << c.length;
}

const field_case field_cases[] = {
    {0x10, 0xff, 0, 184}, {0x00, 10, 0, 0},  {0x20, 183, 183, 0}, {0x20, 184, 0, 0},
    {0x20, 255, 0, 0},    {0x30, 0, 0, 183}, {0x30, 182, 182, 1}, {0x30, 183, 183, 0},
    {0x30, 184, 0, 0},    {0x30, 255, 0, 0}, {0x20, 0, 0, 0},
};

BOOST_DATA_TEST_CASE(checks_the_lengths_of_its_fields, boost::unit_test::data::make(field_cases)) {
  bytes packet(live::packet_size, std::byte{0xff});
  packet[0] = live::sync_byte;
  packet[3] = static_cast<std::byte>(sample.control);
  packet[4] = static_cast<std::byte>(sample.length);
  const auto view = live::packet_at(packet, 0);
  BOOST_TEST(view.adaptation().size() == sample.adaptation);
  BOOST_TEST(view.payload().size() == sample.payload);
  BOOST_TEST(view.has_flags() == (sample.adaptation > 0));
  BOOST_TEST(view.discontinuity_indicator() == (sample.adaptation > 0));
}

BOOST_AUTO_TEST_CASE(looks_like_ts_from_any_byte_on) {
  test::ts_writer writer;
  bytes stream;
  for (int i = 0; i < 12; ++i)
    test::add(stream, writer.essence());
  for (std::size_t begin = 0; begin < live::packet_size; ++begin)
    BOOST_TEST(live::looks_like_ts(std::span(stream).subspan(begin)), "from byte " << begin);
  BOOST_TEST(live::looks_like_ts(std::span(stream).first(189)));
  BOOST_TEST(!live::looks_like_ts(std::span(stream).first(188)));
  BOOST_TEST(!live::looks_like_ts({}));
  stream[188] = std::byte{0};
  stream[3 * 188] = std::byte{0};
  BOOST_TEST(!live::looks_like_ts(std::span(stream).first(5 * 188)));
}

BOOST_AUTO_TEST_CASE(other_bodies_do_not_look_like_ts) {
  bytes text;
  for (int i = 0; i < 100; ++i)
    for (const char c : std::string("<html>A Gateway error: GET the Page again</html>\n"))
      text.push_back(static_cast<std::byte>(c));
  BOOST_TEST(!live::looks_like_ts(text));
  BOOST_TEST(!live::looks_like_ts(bytes(2000, std::byte{0})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
