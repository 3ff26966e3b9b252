#include "live/feed.hpp"

#include "live/broadcast_support.hpp"

#include <boost/asio/detached.hpp>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(feed_test)

namespace {

struct fixture {
  boost::asio::io_context loop{1};
  live::feed all{loop.get_executor(), 188 * 100};
  live::piece_builder builder;
  ts_writer writer;

  live::piece_ptr take(std::size_t packets, bool key_frame = false) {
    auto made = make_piece(builder, writer, packets, key_frame);
    all.take(made);
    return made;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(pieces_that_are_here_are_ignored, fixture) {
  BOOST_TEST(all.empty());
  BOOST_TEST(all.begin() == all.end());
  const auto first = take(10);
  const auto second = take(10);
  all.take(first);
  all.take(second);
  BOOST_TEST(all.begin() == 0U);
  BOOST_TEST(all.end() == 20U * 188);
  BOOST_TEST(all.at(0) == first);
  BOOST_TEST(all.at(10 * 188 - 1) == first);
  BOOST_TEST(all.at(10 * 188) == second);
  BOOST_TEST(all.at(20 * 188 - 1) == second);
}

// The limit is kept, and at least one piece, however large.
BOOST_FIXTURE_TEST_CASE(old_pieces_go, fixture) {
  for (int i = 0; i < 100; ++i) {
    take(7);
    BOOST_TEST(all.end() - all.begin() <= 188U * 107);
  }
  BOOST_TEST(all.end() - all.begin() >= 188U * 100);
  const auto large = take(500);
  BOOST_TEST(all.begin() == large->begin.at);
}

BOOST_FIXTURE_TEST_CASE(where_a_client_begins, fixture) {
  take(10, true);
  const auto key = take(20, true);
  take(20);
  take(20);
  // The earliest key frame that gives no more than the burst.
  BOOST_TEST(all.join_point(188 * 70).at == 0U);
  BOOST_TEST(all.join_point(188 * 65).at == key->begin.at);
  BOOST_TEST(all.join_point(188 * 60).at == key->begin.at);
  // None in the burst: the last one before it.
  BOOST_TEST(all.join_point(188 * 40).at == key->begin.at);
  BOOST_TEST(all.join_point(0).at == key->begin.at);
}

BOOST_FIXTURE_TEST_CASE(where_a_client_begins_without_key_frames, fixture) {
  for (int i = 0; i < 6; ++i)
    take(10);
  BOOST_TEST(all.join_point(188 * 25).at == 188U * 40);
  BOOST_TEST(all.join_point(188 * 1'000).at == 0U);
  BOOST_TEST(all.join_point(1).at == 188U * 50);
}

BOOST_FIXTURE_TEST_CASE(news_wake_all, fixture) {
  int woken = 0;
  const auto wait = [](live::feed& from, int& count) -> async::awaitable<void> {
    co_await from.wait();
    ++count;
  };
  for (int i = 0; i < 3; ++i)
    boost::asio::co_spawn(loop, wait(all, woken), boost::asio::detached);
  loop.poll();
  BOOST_TEST(woken == 0);
  take(1);
  loop.restart();
  loop.poll();
  BOOST_TEST(woken == 3);
}

BOOST_FIXTURE_TEST_CASE(the_first_end_counts, fixture) {
  BOOST_TEST(!all.ended().has_value());
  all.finish({.complete = true, .cause = {}});
  all.finish({.complete = false, .cause = {}});
  BOOST_TEST(all.ended()->complete);
}

BOOST_AUTO_TEST_SUITE_END()
