// range_fetch when sources fail: retry, failover, and the comparison before a file continues elsewhere.

#include "upstream/range_fetch.hpp"
#include "upstream/range_fetch_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(range_fetch_failover_test, range_fetch_fixture)

BOOST_AUTO_TEST_CASE(insisting) {
  auto rules = film();
  rules.status = origin::status_reply{.when = {.times = 3}};
  server.set("/a", rules);
  open({"/a"});
  check(insist(head_part), head_part);
  BOOST_TEST(server.totals().requests == 4u);
  config.upstream.retries = 2;
  server.set("/a", rules);
  server.reset_counters();
  const auto answer = insist(head_part);
  check_failed(answer, errc::unexpected_status);
  BOOST_TEST(answer.error().status == 503);
  BOOST_TEST(server.totals().requests == 3u);
}

BOOST_AUTO_TEST_CASE(retry_after_is_waited_for) {
  auto rules = film();
  rules.status = origin::status_reply{.retry_after = "1", .when = {.times = 1}};
  server.set("/a", rules);
  open({"/a"});
  const auto began = std::chrono::steady_clock::now();
  check(insist(head_part), head_part);
  BOOST_TEST((std::chrono::steady_clock::now() - began >= 1s));
}

BOOST_AUTO_TEST_CASE(a_longer_retry_after_moves_on_or_comes_back) {
  server.set("/a", {.status = origin::status_reply{.status = 429, .retry_after = "31"}});
  server.set("/b", film());
  open({"/a"});
  const auto alone = insist(head_part);
  check_failed(alone, errc::unexpected_status);
  BOOST_TEST((alone.error().retry_after == 31s));
  BOOST_TEST(server.of("/a").requests == 1u);
  open({"/a", "/b"});
  check(insist(head_part), head_part);
  BOOST_TEST(server.of("/a").requests == 2u);
}

BOOST_AUTO_TEST_CASE(failover_before_the_first_byte) {
  origin::server gone;
  const auto dead = gone.url("/x");
  gone.stop();
  server.set("/good", film());
  server.set("/404", {.status = origin::status_reply{.status = 404}});
  server.set("/503", {.status = origin::status_reply{.status = 503}});
  const struct {
    std::vector<std::string> sources;
    std::size_t works;
  } rows[]{
      {{"/404", "/good"}, 1},
      {{dead, "/good"}, 1},
      {{"/503", "/good"}, 1},
      {{"/404", dead, "/503", "/good"}, 3},
  };
  for (const auto& row : rows) {
    forget(row.sources);
    open(row.sources);
    server.reset_counters();
    check(insist(head_part), head_part);
    BOOST_TEST(server.of("/404").requests <= 1u);
    // One retry before the next source.
    BOOST_TEST(server.of("/503").requests <= 2u);
    // The next request begins with the one that worked.
    open(row.sources);
    BOOST_TEST(file->order.current() == row.works);
  }
}

BOOST_AUTO_TEST_CASE(the_primary_comes_after_the_last_mirror) {
  server.set("/a", film());
  server.set("/b", film());
  open({"/a", "/b"});
  file->order.leave(0);
  BOOST_REQUIRE(get(head_part).has_value());
  server.set("/b", {.status = origin::status_reply{.status = 404}});
  open({"/a", "/b"});
  BOOST_TEST(file->order.current() == 1u);
  check(insist(head_part), head_part);
  BOOST_TEST(file->order.current() == 0u);
}

BOOST_AUTO_TEST_CASE(one_fruitless_round_is_the_end) {
  for (const auto* target : {"/a", "/b", "/c"})
    server.set(target, {.status = origin::status_reply{.status = 404}});
  open({"/a", "/b", "/c"});
  check_failed(insist(head_part), errc::unexpected_status);
  BOOST_TEST(server.totals().requests == 3u);
}

BOOST_AUTO_TEST_CASE(a_mirror_is_compared_before_it_continues) {
  auto other_tag = film();
  other_tag.etag = "\"of the mirror\"";
  const struct {
    std::string name;
    origin::behaviour mirror;
    std::optional<errc> fails;
  } rows[]{
      {"the same bytes", film(), {}},
      {"the same bytes under another validator", other_tag, {}},
      {"other bytes", film(4), errc::source_differs},
      {"another size", {.size = film_size + 1, .seed = 3}, errc::source_differs},
      {"no Range support", {.size = film_size, .seed = 3, .lies = origin::lie{}}, errc::source_differs},
      {"gone", {.status = origin::status_reply{.status = 404}}, errc::unexpected_status},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      server.set("/a", film());
      server.set("/b", row.mirror);
      forget({"/a", "/b"});
      open({"/a", "/b"});
      server.reset_counters();
      check(get(head_part), head_part);
      have(head_part);
      file->order.leave(0);
      auto answer = get(next_part);
      if (!row.fails) {
        check(std::move(answer), next_part);
        BOOST_TEST(memory.find(file->key)->source == 1u);
        // Compared once.
        check(get(byte_range{5, 6}), {5, 6});
        BOOST_TEST(server.of("/b").requests == 3u);
      } else {
        BOOST_TEST(!answer.has_value());
        // The source that worked last is still the first one.
        BOOST_TEST(memory.find(file->key)->source == 0u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mirror_that_breaks_off_while_it_is_compared) {
  config.upstream.read_timeout = 200ms;
  for (const bool stalls : {false, true}) {
    server.set("/a", film());
    auto mirror = film();
    const origin::cut here{.after = 100, .when = {.times = 1}};
    (stalls ? mirror.stall_at : mirror.truncate_at) = here;
    server.set("/b", mirror);
    forget({"/a", "/b"});
    open({"/a", "/b"});
    check(get(head_part), head_part);
    have(head_part);
    file->order.leave(0);
    BOOST_TEST(!get(next_part).has_value());
    BOOST_TEST(!file->joining);
    check(get(next_part), next_part);
  }
}

BOOST_AUTO_TEST_CASE(cancelled_in_the_middle_nothing_is_left) {
  auto slow = film();
  slow.head = origin::head_fault{.what = origin::head_fault::kind::never};
  server.set("/a", slow);
  server.set("/503", {.status = origin::status_reply{.retry_after = "20"}});
  for (const auto* target : {"/a", "/503"}) {
    open({target});
    std::optional<fetch_result<range_answer>> answer;
    tried = attempts();
    const bool cancelled = run_and_cancel(store(open_range_persistently(*file, head_part, tried), answer),
                                          [&] { return server.of(target).requests == 1; });
    BOOST_TEST(cancelled);
    BOOST_TEST(!answer.has_value());
    settle();
    BOOST_TEST(loop.stopped());
  }
}

BOOST_AUTO_TEST_CASE(cancelled_while_joining_others_may_join) {
  server.set("/a", film());
  auto mirror = film();
  mirror.head = origin::head_fault{.what = origin::head_fault::kind::never, .when = {.times = 1}};
  server.set("/b", mirror);
  open({"/a", "/b"});
  check(get(head_part), head_part);
  have(head_part);
  file->order.leave(0);
  std::optional<fetch_result<range_answer>> answer;
  run_and_cancel(store(open_range(*file, next_part), answer), [&] { return server.of("/b").requests == 1; });
  BOOST_TEST(!file->joining);
  check(get(next_part), next_part);
}

BOOST_AUTO_TEST_SUITE_END()
