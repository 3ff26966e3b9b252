#include "transfer/delivery.hpp"

#include "transfer/delivery_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr std::size_t K = 1024, M = 1024 * K;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(delivery_test, delivery_fixture)

BOOST_AUTO_TEST_CASE(exactly_the_bytes_of_the_range) {
  const struct {
    std::uint64_t size;
    byte_range range;
    plan_limits plan;
  } rows[]{
      {1, {0, 1}, {4, 64 * K}},
      {64 * K, {0, 64 * K}, {4, 64 * K}},
      {64 * K + 1, {0, 64 * K + 1}, {4, 64 * K}},
      {3 * M + 17, {0, 3 * M + 17}, {1, 64 * K}},
      {3 * M + 17, {0, 3 * M + 17}, {4, 256 * K}},
      {3 * M + 17, {1'234'567, 2'345'678}, {3, 128 * K}},
      {3 * M + 17, {3 * M + 16, 3 * M + 17}, {4, 1 * M}},
      {6 * M, {5, 6 * M - 5}, {16, 64 * K}},
      {6 * M, {0, 6 * M}, {2, 64 * M}},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.size << " bytes, " << row.plan.connections << " connections") {
      delivery_fixture each;
      each.server.set("/a", {.size = row.size, .seed = 3});
      each.play({"/a"}, row.range, {.plan = row.plan});
      each.check_complete(3, row.range);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_slow_origin_gets_parallel_requests_and_no_more_than_allowed) {
  server.set("/a", {.size = 4 * M, .seed = 4, .rate = 4 * M, .delay = 5ms});
  play({"/a"}, {0, 4 * M}, {.plan = {.connections = 3, .chunk_size = 256 * K}});
  check_complete(4, {0, 4 * M});
  BOOST_TEST(server.totals().peak_connections >= 2u);
  BOOST_TEST(server.totals().peak_connections <= 3u);
  BOOST_TEST(most_in_use <= 4 * 256 * K + M);
}

BOOST_AUTO_TEST_CASE(one_connection_asks_ahead_on_it) {
  server.set("/a", {.size = 2 * M, .seed = 4, .delay = 2ms});
  play({"/a"}, {0, 2 * M}, {.plan = {.connections = 1, .chunk_size = 128 * K}});
  check_complete(4, {0, 2 * M});
  BOOST_TEST(server.totals().connections == 1u);
  BOOST_TEST(server.totals().requests >= 16u);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_bounds_the_memory) {
  server.set("/a", {.size = 32 * M, .seed = 5});
  const plan_limits plan{.connections = 4, .chunk_size = 512 * K};
  start({"/a"}, {0, 32 * M}, {.plan = plan});
  std::size_t most = 0;
  // A slow client at first, one that does not read at all then.
  for (int i = 0; i < 300; ++i) {
    loop.restart();
    loop.run_for(1ms);
    if (i < 200) receive(32 * K);
    most = std::max(most, blocks.in_use());
  }
  BOOST_TEST(!done);
  BOOST_TEST(most <= 5 * plan.chunk_size + M);
  BOOST_TEST(server.totals().bytes_sent < 16 * M);
  finish();
  check_complete(5, {0, 32 * M});
}

BOOST_AUTO_TEST_CASE(without_memory_it_goes_on_with_one_block) {
  const auto all = buffers.try_reserve(buffers.limit());
  server.set("/a", {.size = 2 * M, .seed = 6});
  play({"/a"}, {0, 2 * M});
  check_complete(6, {0, 2 * M});
  BOOST_TEST(most_in_use <= 2 * async::small_block);
}

BOOST_AUTO_TEST_CASE(memory_that_runs_out_and_comes_back) {
  server.set("/a", {.size = 8 * M, .seed = 6, .rate = 32 * M});
  start({"/a"}, {0, 8 * M});
  step_until([&] {
    receive();
    return received.size() > 500 * K;
  });
  auto rest = buffers.try_reserve(buffers.limit() - buffers.used());
  step_until([&] {
    receive();
    return received.size() > 4 * M;
  });
  rest = {};
  finish();
  check_complete(6, {0, 8 * M});
}

BOOST_AUTO_TEST_CASE(the_head_goes_out_with_the_first_bytes_not_before_an_answer) {
  server.set("/a", {.size = 100, .seed = 1, .delay = 30ms});
  start({"/a"}, {0, 100});
  step_until([&] { return server.totals().requests == 1; });
  receive();
  BOOST_TEST(received.empty());
  finish();
  check_complete(1, {0, 100});
}

BOOST_AUTO_TEST_CASE(bytes_reach_the_client_before_their_chunk_is_complete) {
  server.set("/a",
             {.size = 200 * K, .seed = 2, .stall_at = origin::cut{.after = 70 * K, .when = {.times = 1}}});
  config.upstream.read_timeout = 20s;
  start({"/a"}, {0, 200 * K}, {.plan = {.connections = 1, .chunk_size = 1 * M}});
  step_until([&] {
    receive();
    return received.size() == head.size() + 70 * K;
  });
  BOOST_TEST(!done);
  cancel();
}

BOOST_AUTO_TEST_CASE(cancelled_in_the_middle_nothing_is_left) {
  server.set("/a", {.size = 16 * M, .seed = 2, .rate = 2 * M});
  start({"/a"}, {0, 16 * M});
  step_until([&] {
    receive();
    return received.size() > M;
  });
  cancel();
  BOOST_TEST(!result.has_value());
  settle();
  BOOST_TEST(loop.stopped());
  BOOST_TEST(blocks.in_use() == 0u);
  BOOST_TEST(buffers.used() == 0u);
  BOOST_TEST(server.wait_until([&] { return server.totals().active_requests == 0; }, 1s));
}

BOOST_AUTO_TEST_CASE(cancelled_at_any_moment_nothing_is_left) {
  server.set("/a", {.size = 4 * M, .seed = 2, .rate = 8 * M, .delay = 1ms});
  for (int steps = 1; steps < 400; steps += 23) {
    delivery_fixture each;
    each.start({server.url("/a")}, {0, 4 * M});
    for (int i = 0; i < steps && !each.done; ++i) {
      each.loop.restart();
      each.loop.run_one_for(20ms);
      each.receive();
    }
    each.cancel();
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_closes_ends_it) {
  server.set("/a", {.size = 16 * M, .seed = 2});
  start({"/a"}, {0, 16 * M});
  step_until([&] {
    receive();
    return received.size() > 200 * K;
  });
  far.reset();
  step_until([&] { return done; });
  BOOST_REQUIRE(result.has_value());
  BOOST_TEST(!result->complete);
  BOOST_TEST(!result->cause.has_value());
  BOOST_TEST(result->client_error.failed());
  BOOST_TEST(server.wait_until([&] { return server.totals().active_requests == 0; }, 1s));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct paused_fixture : delivery_fixture {
  /// The client reads so much in all and stops then.
  void play_until(std::size_t bytes) {
    step_until([&] {
      if (received.size() < bytes) receive(bytes - received.size());
      return received.size() >= bytes;
    });
  }
  /// The client does not read: the upstream's connections go, one block stays.
  void until_parked() {
    loop.restart();
    loop.run_for(2 * 150ms);
    step_until([&] {
      return blocks.in_use() > 0 && blocks.in_use() <= async::large_block &&
             server.totals().active_requests == 0;
    });
  }
};

delivery_options pausing() {
  return {.plan = {.connections = 4, .chunk_size = 1 * M},
          .limits = {.pause_after = 150ms, .send_timeout = 20s}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(paused_client_test, paused_fixture)

BOOST_AUTO_TEST_CASE(holds_one_block_and_resumes) {
  server.set("/a", {.size = 8 * M, .seed = 7});
  start({"/a"}, {0, 8 * M}, pausing());
  for (std::size_t pause = 1; pause <= 3; ++pause) {
    BOOST_TEST_CONTEXT("pause " << pause) {
      play_until(pause * M);
      until_parked();
      BOOST_TEST(buffers.used() <= async::large_block);
      BOOST_TEST(!done);
    }
  }
  finish();
  check_complete(7, {0, 8 * M});
}

BOOST_AUTO_TEST_CASE(is_given_up_after_the_send_timeout) {
  server.set("/a", {.size = 8 * M, .seed = 7});
  auto options = pausing();
  options.limits.send_timeout = 400ms;
  start({"/a"}, {0, 8 * M}, options);
  const auto began = std::chrono::steady_clock::now();
  step_until([&] { return done; });
  BOOST_TEST((std::chrono::steady_clock::now() - began >= 390ms));
  BOOST_REQUIRE(result.has_value());
  BOOST_TEST(!result->complete);
  BOOST_TEST(!result->cause.has_value());
  BOOST_TEST(result->client_error == error_code(errc::read_timeout));
}

BOOST_AUTO_TEST_CASE(a_failure_during_the_pause_is_met_after_it) {
  server.set("/a", {.size = 8 * M,
                    .seed = 7,
                    .rate = 8 * M,
                    .delay = 1ms,
                    .status = origin::status_reply{.status = 404, .when = {.first_byte_from = 1 * M}}});
  start({"/a"}, {0, 8 * M}, pausing());
  // Hungry at first, so that much is asked for ahead; the client stops when the failure has come.
  step_until([&] {
    const auto seen = server.requests("/a");
    const bool failed = std::ranges::any_of(seen, [](const auto& each) { return each.status == 404; });
    if (!failed) receive(16 * K);
    return failed;
  });
  BOOST_TEST(!done);
  until_parked();
  finish();
  check_cut(7, {0, 8 * M}, errc::unexpected_status);
  BOOST_TEST(result->cause->status == 404);
  BOOST_TEST(result->sent >= 1 * M);
}

BOOST_AUTO_TEST_CASE(cancelled_while_paused) {
  server.set("/a", {.size = 8 * M, .seed = 7});
  start({"/a"}, {0, 8 * M}, pausing());
  play_until(M);
  until_parked();
  cancel();
}

BOOST_AUTO_TEST_CASE(never_counts_as_low_speed) {
  config.upstream.min_speed = 1 * M;
  config.upstream.min_speed_streak = 1;
  server.set("/a", {.size = 4 * M, .seed = 7});
  auto options = pausing();
  options.limits.pause_after = 10s;
  start({"/a"}, {0, 4 * M}, options);
  step_until([&] { return blocks.in_use() > 0; });
  loop.restart();
  loop.run_for(2500ms);
  const auto connections = server.totals().connections;
  finish();
  check_complete(7, {0, 4 * M});
  BOOST_TEST(connections <= 4u);
}

BOOST_AUTO_TEST_SUITE_END()
