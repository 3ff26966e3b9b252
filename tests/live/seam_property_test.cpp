// Whatever a provider repeats, and however its bytes come, clients get its packets once each, in order.

#include "live/seam_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using test::bytes;

/// As live_stream, with stretches of packets that return identically, sometimes with unlike ones between.
bytes periodic_stream(test::ts_writer& writer, std::size_t packets) {
  bytes loop;
  for (int i = 0; i < 16; ++i)
    test::add(loop, writer.essence());
  bytes out;
  while (test::count(out) < packets) {
    // A multiple of 16, so that the counter fits again.
    for (int i = 0; i < 16; ++i) {
      test::add(out, test::part(loop, static_cast<std::size_t>(i), static_cast<std::size_t>(i) + 1));
      if (i % 5 == 2) test::add(out, writer.essence(test::audio_pid));
      if (i % 8 == 1) test::add(out, writer.null());
    }
    if (writer.random()() % 4 == 0) {
      test::add(out, writer.pat());
      test::add(out, writer.pmt());
    }
  }
  return test::part(out, 0, packets);
}

struct provider {
  test::ts_writer writer;
  std::mt19937_64 random;
  bytes stream;
  std::size_t sent = 0;   ///< the furthest packet that clients were given
  std::size_t first = 0;  ///< and the first
};

std::size_t pick(std::mt19937_64& random, std::size_t below) {
  return random() % std::max<std::size_t>(below, 1);
}

/// One connection: `repeat` packets back, then on to `end`.
void connection(provider& from, test::clients& clients, std::size_t repeat, std::size_t end) {
  clients.connect();
  bytes all;
  if (from.random() % 2 == 0) {
    from.writer.set_counter(live::pat_pid, static_cast<unsigned>(pick(from.random, 16)));
    from.writer.set_counter(test::pmt_pid, static_cast<unsigned>(pick(from.random, 16)));
    all = from.writer.pat();
    test::add(all, from.writer.pmt());
  }
  test::add(all, test::part(from.stream, from.sent - repeat, end));
  clients.send(all, from.random, 1 + pick(from.random, 60));
  clients.wait();
  clients.close(from.random() % 2 == 0);
  from.sent = std::max(from.sent, end);
}

bool is_essence(const bytes& packets, std::size_t i) {
  const auto pid = live::packet_at(packets, i).pid();
  return pid == test::video_pid || pid == test::audio_pid;
}

/// Without tables, which may come out of turn, and null packets.
bytes essence_of(const bytes& packets) {
  bytes out;
  for (std::size_t i = 0; i < test::count(packets); ++i)
    if (is_essence(packets, i)) test::add(out, test::part(packets, i, i + 1));
  return out;
}

void run(bool periodic, std::uint64_t seed) {
  provider from{test::ts_writer(seed), std::mt19937_64(seed), {}};
  from.stream = periodic ? periodic_stream(from.writer, 4000) : test::live_stream(from.writer, 4000);
  live::seam_limits limits;
  limits.history_packets = 2500;
  test::clients clients(limits);

  from.first = from.sent = 500 + pick(from.random, 1000);
  clients.connect();
  from.sent += 10 + pick(from.random, 400);
  clients.send(test::part(from.stream, from.first, from.sent), from.random, 50);
  clients.close();
  std::size_t broken = 0;
  while (from.sent < 4000) {
    const auto repeat =
        from.random() % 8 == 0 ? 0 : pick(from.random, std::min<std::size_t>(from.sent, 1200));
    const auto begin = from.sent - repeat;
    bool essence = false;
    for (std::size_t i = std::max(begin, from.first); i < from.sent; ++i)
      essence = essence || is_essence(from.stream, i);
    if (!essence) ++broken;
    // A few packets at the end could not be told from a repeat.
    const auto end = from.sent + 30 + pick(from.random, 300);
    connection(from, clients, repeat, end + 60 > 4000 ? 4000 : end);
  }
  const auto seen = test::judge(clients.out());
  BOOST_TEST(seen.unannounced == 0U);
  BOOST_TEST(clients.counters().discontinuous == broken);
  BOOST_TEST(essence_of(seen.content) == essence_of(test::part(from.stream, from.first, 4000)));
  // Null packets and tables as well, unless tables of the provider's own were let through at a broken seam.
  if (broken == 0) BOOST_TEST(clients.out() == test::part(from.stream, from.first, 4000));
}

BOOST_AUTO_TEST_SUITE(seam_property)

BOOST_DATA_TEST_CASE(every_packet_once, boost::unit_test::data::xrange(100)) {
  run(false, static_cast<std::uint64_t>(sample));
}

BOOST_DATA_TEST_CASE(every_packet_of_periodic_content_once, boost::unit_test::data::xrange(100)) {
  run(true, static_cast<std::uint64_t>(sample));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
