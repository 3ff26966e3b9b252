#include "transfer/scheduler.hpp"

#include "transfer/transfer_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr byte_offset K = 1024, M = 1024 * K;

/// A scheduler whose fetchers are only counted.
struct fixture : transfer_fixture {
  fixture() {
    jobs.start_fetcher = [this](job first) { launched.push_back(std::move(first)); };
  }

  /// Bytes for the lane, from nowhere.
  void fill(job& work, byte_offset bytes) {
    while (bytes > 0) {
      const auto room = work.to->room(async::small_block);
      const auto count = std::min<byte_offset>(bytes, room.size());
      BOOST_REQUIRE(count > 0);
      work.to->commit(count);
      bytes -= count;
    }
  }
  void fill(job& work) { fill(work, work.to->chunk().end - work.to->filled()); }

  /// A client that has waited for long: the window is open.
  void make_hungry() {
    for (int i = 0; i < 20; ++i)
      jobs.plan().client_waited(100ms);
  }

  std::vector<job> take_all() {
    std::vector<job> taken;
    while (auto next = jobs.try_next())
      taken.push_back(std::move(*next));
    return taken;
  }

  /// The client takes all that is there.
  void deliver_all() {
    while (jobs.head() && !jobs.head()->data().empty())
      jobs.delivered(jobs.head()->data().size());
  }

  upstream::remote_file file = file_of({at("/a"), at("/b")});
  scheduler jobs{file, here, {0, 20 * M}, {.connections = 4, .chunk_size = 1 * M}};
  std::vector<job> launched;
};

failure refused() {
  return {.code = errc::connection_refused};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(scheduler_test, fixture)

BOOST_AUTO_TEST_CASE(jobs_come_in_order_and_stay_within_the_window) {
  auto first = jobs.adopt({0, 256 * K});
  BOOST_TEST(!jobs.try_next().has_value());
  make_hungry();
  const auto taken = take_all();
  BOOST_REQUIRE(taken.size() > 4u);
  byte_offset next = 256 * K;
  for (const auto& each : taken) {
    BOOST_TEST(each.to->chunk().begin == next);
    next = each.to->chunk().end;
  }
  BOOST_TEST(next <= 5 * M);
  BOOST_TEST(buffers.used() <= 5 * M);
  BOOST_TEST(jobs.head() == first.to.get());
}

BOOST_AUTO_TEST_CASE(what_is_given_back_comes_first) {
  make_hungry();
  auto taken = take_all();
  BOOST_REQUIRE(taken.size() > 3u);
  jobs.requeue(taken[3]);
  jobs.requeue(taken[1]);
  fill(taken[2]);
  jobs.requeue(taken[2]);  // complete: nothing is left of it
  BOOST_TEST(jobs.try_next()->to == taken[1].to);
  BOOST_TEST(jobs.try_next()->to == taken[3].to);
  BOOST_TEST(!jobs.try_next().has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_fetched_beyond_a_failed_chunk_but_everything_before_it) {
  make_hungry();
  auto taken = take_all();
  BOOST_REQUIRE(taken.size() > 4u);
  jobs.requeue(taken[1]);
  jobs.requeue(taken[4]);
  jobs.give_up(taken[3], refused());
  BOOST_TEST(taken[3].to->broken().has_value());
  BOOST_TEST(jobs.try_next()->to == taken[1].to);
  BOOST_TEST(!jobs.try_next().has_value());
  fill(taken[0]);
  deliver_all();
  BOOST_TEST(!jobs.try_next().has_value());
}

BOOST_AUTO_TEST_CASE(a_race_that_fails_ends_only_itself) {
  make_hungry();
  auto taken = take_all();
  job race{.to = taken[0].to, .tried = {}, .race = true};
  jobs.give_up(race, refused());
  BOOST_TEST(!taken[0].to->broken().has_value());
}

BOOST_AUTO_TEST_CASE(the_window_decides_about_the_fetchers) {
  jobs.launch(jobs.adopt({0, 256 * K}));
  jobs.grow();
  BOOST_TEST(launched.size() == 1u);
  make_hungry();
  jobs.grow();
  BOOST_TEST(launched.size() == 4u);
  jobs.grow();
  BOOST_TEST(launched.size() == 4u);
}

BOOST_AUTO_TEST_CASE(the_rest_of_the_memory_is_left_to_others) {
  const auto most = buffers.try_reserve(buffers.limit() - 600 * K);
  make_hungry();
  const auto taken = take_all();
  BOOST_TEST(!taken.empty());
  BOOST_TEST(buffers.used() <= buffers.limit());
  BOOST_TEST(taken.size() < 4u);
}

BOOST_AUTO_TEST_CASE(without_memory_one_lane_at_a_time) {
  const auto all = buffers.try_reserve(buffers.limit());
  make_hungry();
  auto taken = take_all();
  BOOST_REQUIRE(taken.size() == 1u);
  byte_offset got = 0;
  while (!jobs.try_next()) {
    fill(taken[0],
         std::min<byte_offset>(async::small_block, taken[0].to->chunk().end - taken[0].to->filled()));
    BOOST_TEST(blocks.in_use() <= async::large_block);
    deliver_all();
    got += async::small_block;
    BOOST_REQUIRE(got <= 2 * M);
  }
}

BOOST_AUTO_TEST_CASE(overload_counts_only_beside_working_connections) {
  jobs.launch(jobs.adopt({0, 256 * K}));
  make_hungry();
  jobs.grow();
  const auto origin = file.current().location.origin();
  const auto limit = [&] { return budget.limit(origin, 4, scheduler::clock::now()); };
  const auto begun = jobs.mark();
  // Nobody has got an answer yet, then only the one that fails itself.
  BOOST_TEST(!jobs.overloaded(refused(), begun, false));
  jobs.count_working(1);
  BOOST_TEST(!jobs.overloaded(refused(), begun, true));
  BOOST_TEST(!jobs.overloaded({.code = errc::read_timeout}, begun, false));
  BOOST_TEST(limit() == 4u);
  BOOST_TEST(jobs.overloaded(refused(), begun, false));
  BOOST_TEST(limit() == 2u);
  BOOST_TEST(jobs.too_many());
  // Those that were under way say nothing new.
  BOOST_TEST(jobs.overloaded(refused(), begun, false));
  BOOST_TEST(limit() == 2u);
  BOOST_TEST(jobs.mark().epoch != begun.epoch);
  jobs.count_working(-1);
  BOOST_TEST(!jobs.overloaded(refused(), jobs.mark(), false));
}

BOOST_AUTO_TEST_CASE(others_that_worked_meanwhile_count) {
  jobs.launch(jobs.adopt({0, 256 * K}));
  const auto begun = jobs.mark();
  jobs.received(launched[0], 0, 1000);
  BOOST_TEST(jobs.overloaded(refused(), begun, false));
  BOOST_TEST(!jobs.overloaded(refused(), jobs.mark(), false));
}

BOOST_AUTO_TEST_CASE(a_known_limit_holds_from_the_start) {
  budget.overloaded(file.current().location.origin(), 2, scheduler::clock::now());
  scheduler limited(file, here, {0, 20 * M}, {.connections = 4, .chunk_size = 1 * M});
  int fetchers = 0;
  limited.start_fetcher = [&](const job&) { ++fetchers; };
  for (int i = 0; i < 20; ++i)
    limited.plan().client_waited(100ms);
  limited.grow();
  BOOST_TEST(fetchers == 1);
}

BOOST_AUTO_TEST_CASE(parked_it_holds_one_block_and_plans_again_from_there) {
  make_hungry();
  auto taken = take_all();
  for (auto& each : taken)
    fill(each);
  jobs.delivered(10);
  taken.clear();
  jobs.park();
  BOOST_TEST(blocks.in_use() == async::small_block);
  BOOST_TEST(buffers.used() == async::small_block);
  BOOST_TEST(jobs.head()->data().size() == async::small_block - 10);
  deliver_all();
  const auto next = jobs.try_next();
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(next->to->chunk().begin == async::small_block);
}

BOOST_AUTO_TEST_CASE(parked_failures_are_forgotten) {
  make_hungry();
  auto taken = take_all();
  fill(taken[0]);
  jobs.give_up(taken[1], refused());
  jobs.park();
  deliver_all();
  BOOST_TEST(jobs.try_next().has_value());
}

BOOST_AUTO_TEST_CASE(recent_bytes_are_the_newest_that_are_still_here) {
  BOOST_TEST(jobs.recent_bytes(64 * K).bytes.empty());
  make_hungry();
  auto taken = take_all();
  fill(taken[0]);
  auto sample = jobs.recent_bytes(1000);
  BOOST_TEST(sample.bytes.size() == 1000u);
  BOOST_TEST(sample.begin + 1000 <= taken[0].to->filled());
  deliver_all();
  // The last block stays after it was sent.
  sample = jobs.recent_bytes(64 * K);
  BOOST_TEST(sample.bytes.size() == 64 * K);
  BOOST_TEST(sample.begin + sample.bytes.size() == taken[0].to->chunk().end);
}

BOOST_AUTO_TEST_SUITE_END()
