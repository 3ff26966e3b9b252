#include "live/packet_aligner.hpp"

#include "live/ts_stream.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using test::bytes;

bytes some_packets(std::size_t number) {
  test::ts_writer writer(7);
  bytes stream;
  for (std::size_t i = 0; i < number; ++i)
    test::add(stream, writer.essence());
  return stream;
}

bytes align(live::packet_aligner& aligner, std::span<const std::byte> in, std::size_t piece) {
  bytes out;
  for (; !in.empty(); in = in.subspan(std::min(piece, in.size())))
    aligner.append(in.first(std::min(piece, in.size())), out);
  return out;
}

/// Bytes among which there is no sync byte.
bytes noise(std::size_t size) {
  return bytes(size, std::byte{0x20});
}

const std::size_t pieces[] = {1, 3, 187, 188, 189, 1000, 100'000};

BOOST_AUTO_TEST_SUITE(packet_aligner)

BOOST_DATA_TEST_CASE(passes_whole_packets, boost::unit_test::data::make(pieces)) {
  const auto stream = some_packets(40);
  live::packet_aligner aligner;
  BOOST_TEST(align(aligner, stream, sample) == stream);
  BOOST_TEST(aligner.dropped() == 0U);
}

BOOST_DATA_TEST_CASE(begins_inside_a_packet, boost::unit_test::data::make(pieces)) {
  const auto stream = some_packets(20);
  for (const std::size_t begin : {1U, 100U, 187U}) {
    live::packet_aligner aligner;
    const auto out = align(aligner, std::span(stream).subspan(begin), sample);
    BOOST_TEST(out == test::part(stream, 1, 20));
    BOOST_TEST(aligner.dropped() == live::packet_size - begin);
  }
}

BOOST_DATA_TEST_CASE(finds_sync_again, boost::unit_test::data::make(pieces)) {
  const auto stream = some_packets(20);
  auto broken = test::part(stream, 0, 9);
  test::add(broken, noise(77));
  test::add(broken, test::part(stream, 9, 20));
  live::packet_aligner aligner;
  BOOST_TEST(align(aligner, broken, sample) == stream);
  BOOST_TEST(aligner.dropped() == 77U);
}

BOOST_AUTO_TEST_CASE(a_damaged_sync_byte_costs_one_packet) {
  const auto stream = some_packets(20);
  auto broken = stream;
  broken[9 * live::packet_size] = std::byte{0};
  auto expected = test::part(stream, 0, 9);
  test::add(expected, test::part(stream, 10, 20));
  live::packet_aligner aligner;
  bytes out;
  aligner.append(broken, out);
  BOOST_TEST(out == expected);
}

BOOST_AUTO_TEST_CASE(a_new_connection_drops_the_partial_packet) {
  const auto stream = some_packets(20);
  live::packet_aligner aligner;
  bytes out;
  aligner.append(std::span(stream).first(5 * live::packet_size + 50), out);
  aligner.reset();
  aligner.append(std::span(stream).subspan(5 * live::packet_size), out);
  BOOST_TEST(out == stream);
}

BOOST_AUTO_TEST_CASE(a_short_body_ends_with_its_packets) {
  const auto stream = some_packets(3);
  for (const std::size_t whole : {1U, 2U, 3U}) {
    live::packet_aligner aligner;
    bytes out;
    aligner.append(std::span(stream).first(whole * live::packet_size), out);
    aligner.finish(out);
    BOOST_TEST(out == test::part(stream, 0, whole));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_stream_gives_no_packets) {
  live::packet_aligner aligner;
  bytes out;
  aligner.append(noise(100'000), out);
  aligner.finish(out);
  BOOST_TEST(out.empty());
  BOOST_TEST(aligner.dropped() == 100'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
