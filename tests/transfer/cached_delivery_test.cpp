// deliver() with a cache beside it.

#include "transfer/cache_use.hpp"
#include "transfer/delivery_fixture.hpp"

#include <random>

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr std::size_t K = 1024, M = 1024 * K;
constexpr std::uint64_t size = 6 * M + 333;

struct cached_fixture : delivery_fixture {
  cached_fixture() { with.cache = &cache; }
  ~cached_fixture() {
    file.reset();
    cache.evict(UINT64_MAX);
  }

  /// Plays on a client of its own.
  void play_again(byte_range range, std::uint64_t seed = 5) {
    delivery_fixture client;
    client.with.cache = &cache;
    client.play({server.url("/a")}, range, pages);
    client.check_complete(seed, range);
  }
  /// Body bytes that the origin has sent since the last call.
  std::uint64_t sent() {
    server.wait_until([&] { return server.totals().active_requests == 0; });
    const auto now = server.totals().bytes_sent;
    return now - std::exchange(sent_before, now);
  }

  delivery_options pages{.plan = {.connections = 4, .chunk_size = 256 * K}};
  upstream::block_cache cache{32 * M, buffers, counters};
  std::uint64_t sent_before = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cached_delivery_test, cached_fixture)

BOOST_AUTO_TEST_CASE(later_parts_are_not_fetched_again) {
  server.set("/a", {.size = size, .seed = 5});
  play_again({2 * M + 777, 3 * M + 777});
  play_again({4 * M, 4 * M + 100'000});
  sent();
  play_again({0, size});
  BOOST_TEST(sent() == size - M - 100'000);
  BOOST_TEST(counters.cache_hits.load() == 0u);  // each client counts its own
}

BOOST_AUTO_TEST_CASE(random_parts_are_fetched_once) {
  server.set("/a", {.size = size, .seed = 5});
  std::minstd_rand dice(11);
  byte_runs had;
  for (int i = 0; i < 40; ++i) {
    const byte_offset begin = dice() % size;
    const byte_range range{begin, std::min<byte_offset>(size, begin + 1 + dice() % M)};
    play_again(range);
    had.add(range);
  }
  sent();
  play_again({0, size});
  const auto fetched = sent();
  byte_offset missing = size;
  for (auto run = had.next(0); run; run = had.next(run->end))
    missing -= run->size();
  // The first chunk is asked for before anything is known here; parts of one page may lie apart.
  BOOST_TEST(fetched >= missing);
  BOOST_TEST(fetched <= missing + pages.plan.chunk_size + 40 * async::small_block);
}

BOOST_AUTO_TEST_CASE(all_from_the_cache_without_an_answer) {
  server.set("/a", {.size = size, .seed = 5});
  play_again({0, size});
  sent();
  file.emplace(with, here, profile(), std::vector{at("/a")});
  auto known = find_cached(*file);
  BOOST_REQUIRE(known.holds({0, size}));
  take_over(*file, known.answer());
  delivery_job work{.file = *file,
                    .first = std::nullopt,
                    .range = {100, size - 100},
                    .head = head = "HEAD\r\n\r\n",
                    .plan = pages.plan,
                    .limits = pages.limits,
                    .on_sent = [this](std::size_t bytes) { observed += bytes; },
                    .cached = std::move(known)};
  boost::asio::co_spawn(loop, upstream::store(deliver(*client, std::move(work)), result),
                        [this](std::exception_ptr error) {
                          failure = error;
                          done = true;
                        });
  finish();
  check_complete(5, {100, size - 100});
  BOOST_TEST(sent() == 0u);
  BOOST_TEST(counters.cache_hits.load() == 1u);
  BOOST_TEST(counters.cache_hit_bytes.load() == size - 200);
  BOOST_TEST(counters.bytes_wasted.load() == 0u);
}

BOOST_AUTO_TEST_CASE(cached_bytes_stay_within_the_window) {
  server.set("/a", {.size = 24 * M, .seed = 5});
  play_again({0, 24 * M});
  start({"/a"}, {0, 24 * M}, pages);
  std::uint64_t most = 0;
  for (int i = 0; i < 200 && !done; ++i) {
    loop.restart();
    loop.run_for(1ms);
    receive(64 * K);
    cache.evict(UINT64_MAX);
    // What is still counted is what this response holds.
    most = std::max(most, buffers.used());
  }
  BOOST_TEST(most > 0u);
  BOOST_TEST(most <= 5 * pages.plan.chunk_size + M);
  finish();
  check_complete(5, {0, 24 * M});
}

BOOST_AUTO_TEST_CASE(what_was_fetched_in_vain_is_counted_beside_hits) {
  server.set("/a", {.size = size, .seed = 5, .rate = 8 * M});
  play_again({0, M});
  const auto before = server.totals().bytes_sent;
  start({"/a"}, {0, size}, pages);
  step_until([&] {
    receive(64 * K);
    return received.size() > 3 * M;
  });
  // Bytes that have come in meanwhile, for a client that leaves.
  loop.restart();
  loop.run_for(200ms);
  far.reset();
  step_until([&] { return done; });
  const auto used = observed - counters.cache_hit_bytes.load();
  const auto fetched = counters.bytes_fetched.load();
  BOOST_TEST(counters.cache_hit_bytes.load() == M - pages.plan.chunk_size / 4);
  BOOST_TEST(fetched > used + 2 * async::small_block);
  BOOST_TEST(counters.bytes_wasted.load() <= fetched - used);
  BOOST_TEST(counters.bytes_wasted.load() + async::small_block >= fetched - used);
  BOOST_TEST(server.totals().bytes_sent - before >= fetched);
}

BOOST_AUTO_TEST_CASE(a_new_source_is_compared_with_cached_bytes) {
  server.set("/a", {.size = size, .seed = 5, .etag = "\"1\""});
  play_again({1 * M, 4 * M});
  for (const bool same : {true, false}) {
    BOOST_TEST_CONTEXT(same) {
      // The first source ends where its cached bytes end.
      server.set("/a", {.size = size,
                        .seed = 5,
                        .etag = "\"1\"",
                        .status = origin::status_reply{.status = 404, .when = {.first_byte_from = 4 * M}}});
      server.set("/b", {.size = size, .seed = same ? 5U : 6U, .etag = "\"2\""});
      delivery_fixture client;
      client.with.cache = &cache;
      client.play({server.url("/a"), server.url("/b")}, {0, size}, pages);
      if (same) {
        client.check_complete(5, {0, size});
        // What came from the second source is not cached under its name, but under the first one's.
        client.file.reset();
        cache.find(at("/a").text() + '\n' + profile().key()).forget();
        play_again({1 * M, 4 * M});
      } else {
        client.check_bytes(5, {0, size});
        BOOST_TEST(!client.result->complete);
        BOOST_TEST(client.result->sent >= 4 * M);
      }
      client.file.reset();
    }
  }
}

BOOST_AUTO_TEST_CASE(cancelled_at_any_moment_nothing_is_left) {
  server.set("/a", {.size = 4 * M, .seed = 2, .rate = 64 * M});
  play_again({1 * M, 2 * M}, 2);
  for (int steps = 1; steps < 200; steps += 17) {
    delivery_fixture each;
    each.with.cache = &cache;
    each.start({server.url("/a")}, {0, 4 * M}, pages);
    for (int i = 0; i < steps && !each.done; ++i) {
      each.loop.restart();
      each.loop.run_one_for(20ms);
      each.receive();
    }
    each.cancel();
  }
  play_again({0, 4 * M}, 2);
}

BOOST_AUTO_TEST_SUITE_END()
