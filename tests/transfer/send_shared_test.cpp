#include "transfer/send_shared.hpp"

#include "transfer/send_fixture.hpp"

#include <array>
#include <thread>

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr std::size_t K = 1024, M = 1024 * K;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(send_shared_test, send_fixture)

BOOST_AUTO_TEST_CASE(exactly_the_part) {
  const struct {
    byte_range body, part;
  } rows[]{
      {{0, 0}, {0, 0}},
      {{0, 1}, {0, 1}},
      {{0, 3 * M}, {0, 3 * M}},
      {{0, 3 * M}, {256 * K - 1, 256 * K + 1}},
      {{1000, 2 * M}, {1000, 2 * M}},
      {{1000, 2 * M}, {500'000, 500'001}},
      {{1000, 2 * M}, {2 * M - 7, 2 * M}},
  };
  for (const auto& row : rows) {
    for (const bool filled_before : {true, false}) {
      send_fixture each;
      each.make(row.body);
      const auto fill = [&] {
        each.fill(row.body.size());
        each.shared->body.end();
      };
      if (filled_before) fill();
      each.start(row.part);
      if (!filled_before) {
        each.settle();
        each.receive();
        BOOST_TEST(each.received.empty() == !row.part.empty());
        fill();
      }
      each.finish();
      each.receive_all();
      BOOST_TEST(each.result->complete);
      BOOST_TEST(each.result->sent == row.part.size());
      BOOST_TEST(each.observed == row.part.size());
      BOOST_TEST((each.received == head + origin::content_of(seed, row.part.begin, row.part.size())));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_part_is_enough) {
  make({0, 1 * M});
  start({10, 5000});
  fill(6000);
  finish();
  BOOST_TEST(result->complete);
  BOOST_TEST(!shared->body.ended());
}

BOOST_AUTO_TEST_CASE(without_a_length) {
  for (const auto framing : {client_framing::chunked, client_framing::until_close}) {
    for (const std::size_t size : {0UL, 1UL, 3 * M + 5}) {
      send_fixture each;
      each.make({0, unknown_end});
      each.start({0, unknown_end}, framing);
      for (std::size_t left = size; left > 0;) {
        const auto step = std::min<std::size_t>(left, 100'000);
        each.fill(step);
        left -= step;
        each.settle();
        each.receive();
      }
      each.shared->body.end();
      each.finish();
      each.receive_all();
      bool ended = false;
      BOOST_TEST(each.result->complete);
      BOOST_TEST(each.result->sent == size);
      BOOST_TEST((each.payload(framing, ended) == origin::content_of(seed, 0, size)));
      BOOST_TEST(ended);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_broken_body_is_cut) {
  for (const auto framing : {client_framing::length, client_framing::chunked, client_framing::until_close}) {
    send_fixture each;
    const bool known = framing == client_framing::length;
    each.make({0, known ? 1 * M : unknown_end});
    each.start({0, known ? 1 * M : unknown_end}, framing);
    each.fill(70'000);
    each.shared->body.end(failure{.code = errc::connection_lost});
    each.finish();
    BOOST_TEST(!each.result->complete);
    BOOST_REQUIRE(each.result->cause.has_value());
    BOOST_TEST(each.result->cause->code == error_code(errc::connection_lost));
    BOOST_TEST(each.result->sent == 70'000u);
    each.receive();
    each.client.reset();
    if (framing == client_framing::until_close) {
      // A plain end of the connection would look like the end of the body.
      std::array<char, 1> scratch;
      error_code ec;
      for (int i = 0; i < 5000 && !(ec && ec != boost::asio::error::would_block); ++i) {
        each.far->read_some(boost::asio::buffer(scratch), ec);
        if (ec == boost::asio::error::would_block) std::this_thread::sleep_for(1ms);
      }
      BOOST_TEST(ec == boost::asio::error::connection_reset);
    } else {
      each.receive_all();
      bool ended = false;
      BOOST_TEST((each.payload(framing, ended) == origin::content_of(seed, 0, 70'000)));
      BOOST_TEST(ended == known);
    }
  }
}

BOOST_AUTO_TEST_CASE(broken_before_the_first_byte_nothing_is_sent) {
  for (const auto framing : {client_framing::length, client_framing::chunked, client_framing::until_close}) {
    send_fixture each;
    each.make({0, 1 * M});
    each.start({500, 1 * M}, framing);
    each.fill(500);
    each.settle();
    each.shared->body.end(failure{.code = errc::read_timeout});
    each.finish();
    BOOST_REQUIRE(each.result->cause.has_value());
    BOOST_TEST(each.result->sent == 0u);
    each.receive_all();
    BOOST_TEST(each.received.empty());
  }
}

BOOST_AUTO_TEST_CASE(shorter_than_announced_is_cut) {
  make({0, 1000});
  start({0, 1000});
  fill(999);
  shared->body.end();
  finish();
  BOOST_TEST(!result->complete);
  BOOST_TEST(result->cause.has_value());
  BOOST_TEST(result->sent == 999u);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_given_up_and_holds_up_nobody) {
  limits.send_timeout = 300ms;
  make({0, 8 * M});
  start({0, 8 * M});
  send_fixture other;
  other.shared = shared;
  other.start({0, 8 * M});
  fill(8 * M);
  shared->body.end();
  other.finish();
  BOOST_TEST(other.result->complete);
  BOOST_TEST(!done);
  step_until([this] { return done; });
  BOOST_REQUIRE(result.has_value());
  BOOST_TEST(!result->complete);
  BOOST_TEST(result->client_error == error_code(errc::read_timeout));
  BOOST_TEST(!result->cause.has_value());
  BOOST_TEST(result->sent == observed);
  other.shared.reset();
}

BOOST_AUTO_TEST_CASE(a_client_that_closes) {
  make({0, 8 * M});
  fill(8 * M);
  shared->body.end();
  far.reset();
  run(send({0, 8 * M}, client_framing::length));
  BOOST_TEST(!result->complete);
  BOOST_TEST(result->client_error.failed());
  BOOST_TEST(shared->body.readers() == 0u);
}

BOOST_AUTO_TEST_CASE(cancelled_while_the_client_does_not_read) {
  make({0, 8 * M});
  fill(8 * M);
  const auto soon = std::chrono::steady_clock::now() + 200ms;
  BOOST_TEST(run_and_cancel(send({0, 8 * M}, client_framing::chunked),
                            [&] { return std::chrono::steady_clock::now() > soon; }));
  BOOST_TEST(shared->body.readers() == 0u);
  receive_all();
  bool ended = false;
  BOOST_TEST(observed == payload(client_framing::chunked, ended).size());
  BOOST_TEST(!ended);
}

BOOST_AUTO_TEST_CASE(cancelled_while_nothing_comes) {
  make({0, 8 * M});
  fill(1000);
  BOOST_TEST(run_and_cancel(send({0, 8 * M}, client_framing::length), [&] { return observed == 1000; }));
  BOOST_TEST(shared->body.readers() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
