#include "transfer/fill_shared.hpp"

#include "transfer/fill_fixture.hpp"

#include <boost/asio/detached.hpp>

#include <array>

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr std::size_t K = 1024, M = 1024 * K;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fill_shared_test, fill_fixture)

BOOST_AUTO_TEST_CASE(exactly_the_bytes_of_the_range) {
  const struct {
    std::uint64_t size;
    byte_range range;
    std::size_t begun;
  } rows[]{
      {1, {0, 1}, 0},
      {1, {0, 1}, 1},
      {64 * K + 1, {0, 64 * K + 1}, 100},
      {3 * M + 17, {0, 3 * M + 17}, 0},
      {3 * M + 17, {1'234'567, 2'345'678}, 4096},
      {3 * M + 17, {3 * M + 16, 3 * M + 17}, 0},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.size << " bytes from " << row.range.begin) {
      fill_fixture each;
      each.server.set("/a", {.size = row.size, .seed = 3});
      each.open({"/a"}, row.range);
      auto begun = each.begin(row.begun);
      each.start(std::move(begun));
      each.finish();
      each.check_complete(3, row.range);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_slow_origin_gets_parallel_requests) {
  server.set("/a", {.size = 4 * M, .seed = 4, .rate = 4 * M, .delay = 5ms});
  open({"/a"}, byte_range{0, 4 * M});
  start();
  finish();
  check_complete(4, {0, 4 * M});
  BOOST_TEST(server.totals().peak_connections >= 2u);
  BOOST_TEST(server.totals().peak_connections <= 4u);
}

BOOST_AUTO_TEST_CASE(faults_are_mended) {
  const origin::cut here{.after = 50'000, .when = {.times = 3}};
  const origin::lie no_ranges{.about = origin::lie::kind::ignore_range};
  const std::vector<std::function<void(origin::behaviour&)>> rows{
      [&](auto& b) { b.truncate_at = here; },
      [&](auto& b) { b.reset_at = here; },
      [&](auto& b) { b.stall_at = here; },
      [](auto& b) { b.status = origin::status_reply{.when = {.from = 2, .probability = 0.3}}; },
      [](auto& b) { b.keep_alive = false; },
      [](auto& b) { b.body_framing = origin::framing::chunked; },
  };
  for (const auto& edit : rows) {
    for (const bool ranges : {true, false}) {
      fill_fixture each;
      each.config.upstream.read_timeout = 300ms;
      each.config.upstream.retries = 20;
      origin::behaviour rules{.size = 2 * M, .seed = 9, .delay = 1ms};
      if (!ranges) rules.lies = no_ranges;
      edit(rules);
      each.server.set("/a", rules);
      each.open({"/a"}, ranges ? std::optional(byte_range{0, 2 * M}) : std::nullopt);
      each.start();
      each.finish();
      each.check_complete(9, {0, 2 * M});
    }
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_mended_is_broken) {
  for (const bool ranges : {true, false}) {
    fill_fixture each;
    each.config.upstream.retries = 1;
    origin::behaviour rules{.size = 2 * M, .seed = 9};
    rules.truncate_at = origin::cut{.after = 1 * M + 5, .absolute = true};
    rules.status = origin::status_reply{.status = 500, .when = {.first_byte_from = 1 * M - 64 * K}};
    if (!ranges) {
      rules.lies = origin::lie{};
      rules.status = origin::status_reply{.status = 500, .when = {.from = 2}};
    }
    each.server.set("/a", rules);
    each.open({"/a"}, ranges ? std::optional(byte_range{0, 2 * M}) : std::nullopt);
    each.start();
    each.finish();
    each.check_broken(9, errc::unexpected_status);
    BOOST_TEST(each.bytes().size() <= 1 * M + 5);
  }
}

BOOST_AUTO_TEST_CASE(bodies_of_any_framing) {
  for (const auto* framing : {"", "&framing=chunked", "&framing=close"}) {
    for (const std::size_t size : {0UL, 1UL, 64 * K, 3 * M + 1}) {
      for (const std::size_t begun : {0UL, 1UL}) {
        if (begun > size) continue;
        BOOST_TEST_CONTEXT(size << " bytes" << framing) {
          fill_fixture each;
          each.open({"/a?seed=3&size=" + std::to_string(size) + framing}, std::nullopt);
          auto had = each.begin(begun);
          each.start(std::move(had));
          each.finish();
          each.check_complete(3, {0, size});
          BOOST_TEST(each.shared->body.reserved() >= size);
          BOOST_TEST(each.buffers.used() < size + async::large_block);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_body_without_a_length_may_not_be_endless) {
  limits.largest = 1 * M;
  open({"/a?seed=3&framing=chunked&size=" + std::to_string(limits.largest)}, std::nullopt);
  start();
  finish();
  check_complete(3, {0, limits.largest});
  fill_fixture larger;
  larger.limits = limits;
  larger.open({"/a?seed=3&framing=chunked&size=" + std::to_string(limits.largest + 1)}, std::nullopt);
  larger.start();
  larger.finish();
  larger.check_broken(3, make_error_code(boost::system::errc::file_too_large));
  BOOST_TEST(larger.upstream_is_quiet());
}

BOOST_AUTO_TEST_CASE(a_body_without_a_length_ends_where_memory_does) {
  open({"/a?seed=3&framing=chunked&size=1000000"}, std::nullopt);
  const auto all_but = buffers.try_reserve(buffers.limit() - 500'000);
  start();
  finish();
  check_broken(3, make_error_code(boost::system::errc::not_enough_memory));
}

BOOST_AUTO_TEST_CASE(many_clients_on_other_threads_get_it_while_it_comes) {
  constexpr std::size_t size = 3 * M + 17;
  server.set("/a", {.size = size, .seed = 5, .rate = 8 * M, .delay = 2ms});
  open({"/a"}, byte_range{0, size});
  std::array<loop_thread, 2> threads;
  std::array<std::string, 20> got;
  std::atomic<std::size_t> ended = 0;
  const auto read = [&](std::size_t i) -> async::awaitable<void> {
    const async::executor on = co_await async::asio::this_coro::executor;
    const auto mine = open_shared(shared, on);
    co_await read_body(*mine, i * 1000, got[i]);
    ++ended;
  };
  start();
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto wanted = shared->body.size() + i * 20'000;
    step_until([&] { return done || shared->body.size() > wanted; });
    boost::asio::co_spawn(threads[i % 2].loop, read(i), boost::asio::detached);
  }
  finish();
  BOOST_TEST(eventually([&] { return ended == got.size(); }));
  for (std::size_t i = 0; i < got.size(); ++i)
    BOOST_TEST((got[i] == origin::content_of(5, i * 1000, size - i * 1000)));
  // One fetch for all of them.
  BOOST_TEST(server.totals().bytes_sent < size + size / 20 + 64 * K);
}

BOOST_AUTO_TEST_SUITE_END()
