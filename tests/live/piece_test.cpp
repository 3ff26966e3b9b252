#include "live/piece.hpp"

#include "live/ts_stream.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(piece_test)

BOOST_AUTO_TEST_CASE(pieces_lie_one_behind_the_other) {
  live::piece_builder builder;
  ts_writer writer;
  BOOST_TEST(builder.size() == 0U);
  bytes all;
  live::position at = 0;
  for (const std::size_t packets : {1U, 7U, 3U}) {
    bytes some;
    while (count(some) < packets)
      add(some, writer.essence());
    builder.append(part(some, 0, 1));
    builder.append(part(some, 1, packets));
    BOOST_TEST(builder.size() == packets * 188);
    const auto made = builder.take();
    BOOST_TEST(builder.size() == 0U);
    BOOST_TEST(made->begin.at == at);
    BOOST_TEST((made->packets == some));
    at += packets * 188;
    BOOST_TEST(made->end() == at);
    BOOST_TEST(!made->random_access.has_value());
  }
  const auto none = builder.take();
  BOOST_TEST(none->packets.empty());
  BOOST_TEST(none->begin.at == at);
}

// Only what was sent before: a client that begins there gets these, and what follows comes by itself.
BOOST_AUTO_TEST_CASE(the_tables_are_those_before) {
  live::piece_builder builder;
  ts_writer writer;
  bytes out = writer.pat();
  add(out, writer.pmt());
  add(out, writer.essence());
  builder.append(out);
  const auto first = builder.take();
  BOOST_TEST((!first->begin.tables || first->begin.tables->empty()));
  builder.append(writer.essence());
  const auto second = builder.take();
  BOOST_REQUIRE(second->begin.tables);
  BOOST_TEST(count(*second->begin.tables) == 2U);
}

BOOST_AUTO_TEST_CASE(the_last_random_access_point_counts) {
  live::piece_builder builder;
  ts_writer writer;
  bytes out = writer.pat();
  add(out, writer.pmt());
  const auto key = [&](bool starts) {
    add(out, writer.packet({.pid = video_pid, .unit_start = starts, .flags = 0x40}));
    add(out, writer.essence());
  };
  key(true);
  const auto wanted = out.size();
  key(true);
  key(false);  // in the middle of a picture nobody begins
  builder.append(out);
  const auto made = builder.take();
  BOOST_REQUIRE(made->random_access.has_value());
  BOOST_TEST(made->random_access->at == wanted);
  BOOST_TEST(count(*made->random_access->tables) == 2U);
  builder.append(writer.essence());
  builder.append(writer.packet({.pid = video_pid, .unit_start = true, .flags = 0x40}));
  const auto next = builder.take();
  BOOST_TEST(next->random_access->at == made->end() + 188);
}

BOOST_AUTO_TEST_SUITE_END()
