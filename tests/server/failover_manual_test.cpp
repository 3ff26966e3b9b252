// POST /streams/{id}/failover: another source by hand, also for what plays just now.

#include "server/live_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using origin::head_fault;

BOOST_AUTO_TEST_SUITE(failover_manual_test)

namespace {

constexpr std::uint64_t size = 6'000'007;

origin::behaviour film(std::uint64_t rate = 0) {
  return {.size = size, .seed = 5, .rate = rate};
}

/// 200 with the shape of the contract; answers the index.
std::uint64_t taken(const raw_response& answer, const std::string& wanted_url) {
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.header("Content-Type").value_or("") == "application/json");
  if (answer.status != 200) return 99;
  const auto body = boost::json::parse(answer.body).as_object();
  BOOST_TEST(body.size() == 3U);
  BOOST_TEST(!text_of(body, "message").empty());
  BOOST_TEST(text_of(body, "new_url") == wanted_url);
  return count_of(body, "failover_index");
}

void check_current(const live_fixture& on, const std::string& id, const std::string& path,
                   std::uint64_t index) {
  const auto info = on.info(id);
  BOOST_TEST(text_of(info, "current_url") == on.origin.url(path));
  BOOST_TEST(count_of(info, "current_failover_index") == index);
}

}  // namespace

// As it is, and in the middle of nothing.
BOOST_AUTO_TEST_CASE(goes_round) {
  for (const std::string extension : {".mkv", ".ts", ""}) {
    for (const bool played : {false, true}) {
      BOOST_TEST_CONTEXT(extension << (played ? " played before" : " never played")) {
        live_fixture on;
        const std::vector<std::string> paths{"/a" + extension, "/b" + extension, "/c" + extension};
        for (const auto& each : paths)
          on.origin.set(each, extension == ".ts" ? broadcasting(lively()) : film());
        const auto id = on.post(paths);
        check_current(on, id, paths[0], 0);
        // Nothing may be on the air any more: a broadcast would try the source itself and stay with it.
        const auto silent = [&] {
          return on.quiet() && on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; });
        };
        if (played) on.watch(id)->read_to(10'000);
        BOOST_TEST(silent());
        for (const std::size_t next : {1U, 2U, 0U, 1U}) {
          BOOST_TEST(taken(on.fail_over(id), on.origin.url(paths[next])) == next);
          check_current(on, id, paths[next], next);
          const auto asked = on.origin.of(paths[next]).requests;
          BOOST_TEST(asked > 0U);
          BOOST_TEST(on.watch(id)->read_to(10'000));
          BOOST_TEST(silent());
          BOOST_TEST(on.origin.of(paths[next]).requests > asked);  // the next request begins with it
        }
        BOOST_TEST(count_of(on.info(id), "failover_attempts") == 4U);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(dead_ones_are_skipped, live_fixture) {
  for (const std::string path : {"/a.mkv", "/d.mkv"})
    origin.set(path, film());
  origin.set("/b.mkv", {.status = {{.status = 404}}});
  const auto id = post({"/a.mkv", "/b.mkv", "/c.mkv", "/d.mkv"});
  BOOST_TEST(taken(fail_over(id), origin.url("/d.mkv")) == 3U);
  BOOST_TEST(count_of(info(id), "failover_attempts") == 3U);
  check_current(*this, id, "/d.mkv", 3);
  check_whole(get(id), 5, size);
  BOOST_TEST(origin.of("/a.mkv").requests == 0U);
}

// It rests after its failure, but somebody wants it and it works again.
// Just after the last client has left the broadcast is still on the air, but about to go.
BOOST_FIXTURE_TEST_CASE(in_the_last_moments_of_a_broadcast, live_fixture) {
  origin.set("/a.ts", broadcasting(lively()));
  origin.set("/b.ts", broadcasting(lively()));
  const auto id = post({"/a.ts", "/b.ts"});
  for (const std::size_t next : {1U, 0U, 1U, 0U}) {
    BOOST_TEST(watch(id)->read_to(10'000));
    BOOST_TEST(quiet());
    BOOST_TEST(taken(fail_over(id), origin.url(next == 1 ? "/b.ts" : "/a.ts")) == next);
    check_current(*this, id, next == 1 ? "/b.ts" : "/a.ts", next);
  }
  BOOST_TEST(count_of(info(id), "failover_attempts") == 4U);
}

BOOST_AUTO_TEST_CASE(back_to_a_source_that_rests) {
  auto config = live_test_settings();
  config.registry.source_rest = 60s;
  config.registry.source_rest_limit = 60s;
  live_fixture on(config);
  on.origin.set("/a.mkv", {.size = size, .seed = 5, .status = {{.status = 404, .when = {.times = 1}}}});
  on.origin.set("/b.mkv", film());
  const auto id = on.post({"/a.mkv", "/b.mkv"});
  check_whole(on.get(id), 5, size);
  check_current(on, id, "/b.mkv", 1);
  BOOST_TEST(taken(on.fail_over(id), on.origin.url("/a.mkv")) == 0U);
  const auto before = on.origin.of("/b.mkv").requests;
  check_whole(on.get(id), 5, size);
  BOOST_TEST(on.origin.of("/b.mkv").requests == before);
}

BOOST_AUTO_TEST_CASE(providers_that_refuse_ranges) {
  for (const auto ranges : {live_source::range_reply::forbidden, live_source::range_reply::unsatisfiable}) {
    for (const std::string path : {"/b.ts", "/b"}) {
      live_fixture on;
      auto source = lively();
      source.ranges = ranges;
      on.origin.set(path, broadcasting(source));
      const auto id = on.post({"/a.ts", path});
      BOOST_TEST(taken(on.fail_over(id), on.origin.url(path)) == 1U);
      const auto viewer = on.watch(id);
      check_live_head(*viewer);
      BOOST_TEST(viewer->read_to(100'000));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(refusals, live_fixture) {
  const auto alone = post_as("/a.mkv", film());
  check_problem(fail_over(alone), 409, "conflict");
  check_problem(fail_over("00000000000000000000000000000000"), 404, "not-found");
  origin.set("/b.mkv", {.status = {{.status = 404}}});
  origin.set("/c.mkv", {.status = {{.status = 500}}});
  BOOST_TEST(post({"/a.mkv", "/b.mkv", "/c.mkv"}) == alone);
  check_problem(fail_over(alone), 502, "upstream");
  check_current(*this, alone, "/a.mkv", 0);
  check_whole(get(alone), 5, size);
  BOOST_TEST(text_of(info(alone), "last_error") != "");
}

// The file goes on at the exact byte, whatever kind of upstream.
BOOST_AUTO_TEST_CASE(a_running_file_moves) {
  for (const bool ranges : {true, false}) {
    for (const bool equal : {true, false}) {
      BOOST_TEST_CONTEXT((ranges ? "with ranges, " : "without, ") << (equal ? "equal" : "other bytes")) {
        live_fixture on;
        auto primary = film(2'000'000);
        auto backup = film();
        if (!equal) backup.seed = 6;
        if (!ranges) primary.lies = backup.lies = {{.about = origin::lie::kind::ignore_range}};
        on.origin.set("/a.mkv", primary);
        on.origin.set("/b.mkv", backup);
        const auto id = on.post({"/a.mkv", "/b.mkv"});
        const auto viewer = on.watch(id);
        const auto later = on.watch(id, {.lines = "Range: bytes=1000000-\r\n"});
        BOOST_TEST(viewer->read_to(700'000));
        BOOST_TEST(taken(on.fail_over(id), on.origin.url("/b.mkv")) == 1U);
        viewer->drain();
        later->drain();
        // A source with other bytes is left again for the one that was good.
        BOOST_TEST(viewer->complete());
        BOOST_TEST((viewer->body == origin::content_of(5, 0, viewer->body.size())));
        BOOST_TEST((later->body == origin::content_of(5, ranges ? 1'000'000 : 0, later->body.size())));
        BOOST_TEST(on.quiet());
        BOOST_TEST(on.served() == viewer->received() + later->received());
        // What was left came from the new source.
        if (equal) BOOST_TEST(on.origin.of("/a.mkv").bytes_sent < 2 * size - 3'000'000);
        if (equal) check_current(on, id, "/b.mkv", 1);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_running_broadcast_moves) {
  for (const bool same : {true, false}) {
    for (const std::size_t viewers : {1U, 5U}) {
      BOOST_TEST_CONTEXT((same ? "the same broadcast to " : "another one to ") << viewers) {
        live_fixture on;
        auto backup = lively();
        backup.repeat = 12s;
        on.origin.set("/a.ts", broadcasting(lively()));
        auto rules = broadcasting(backup, same ? 7 : 8);
        rules.rate = 6'000'000;  // it starts before all that was sent and takes its time to get there
        on.origin.set("/b.ts", rules);
        const auto id = on.post({"/a.ts", "/b.ts"});
        std::vector<std::unique_ptr<viewer>> all;
        for (std::size_t i = 0; i < viewers; ++i)
          all.push_back(on.watch(id, {.lines = "User-Agent: " + std::to_string(i) + "\r\n"}));
        BOOST_TEST(all.front()->read_to(300'000));
        BOOST_TEST(taken(on.fail_over(id), on.origin.url("/b.ts")) == 1U);
        BOOST_TEST(on.origin.wait_until([&] { return on.open("/a.ts") == 0; }, promptly));
        for (auto& each : all) {
          BOOST_TEST(each->read_to(each->received() + 2'000'000));
          if (same) check_seamless(whole_packets(each->body));
          const auto seen = check_ts(whole_packets(each->body));
          BOOST_TEST(seen.clean(), seen.summary());
          BOOST_TEST(seen.unannounced_clock_jumps() == 0U, seen.summary());
        }
        BOOST_TEST(on.origin.of("/b.ts").requests == 1U);
        BOOST_TEST(on.origin.of("/a.ts").requests == 1U);
        check_current(on, id, "/b.ts", 1);
        BOOST_TEST(count_of(on.info(id), "failover_attempts") == 1U);
      }
    }
  }
}

// The new connection is tried first: nobody suffers from one that does not work.
BOOST_AUTO_TEST_CASE(a_running_broadcast_stays_where_nothing_else_works) {
  for (const std::string what : {"404", "hangs", "silent", "no packets"}) {
    BOOST_TEST_CONTEXT(what) {
      live_fixture on;
      on.origin.set("/a.ts", broadcasting(lively()));
      auto bad = broadcasting(lively());
      if (what == "404") bad = {.status = {{.status = 404}}};
      if (what == "hangs") bad.head = {{.what = head_fault::kind::never}};
      if (what == "silent") bad.stall_at = {{.after = 0}};
      if (what == "no packets") bad = {.size = 1 << 20, .body_framing = origin::framing::until_close};
      on.origin.set("/b.ts", bad);
      const auto id = on.post({"/a.ts", "/b.ts"});
      const auto viewer = on.watch(id);
      BOOST_TEST(viewer->read_to(300'000));
      raw_response answer;
      std::thread operator_([&] { answer = on.fail_over(id); });
      BOOST_TEST(viewer->read_to(viewer->received() + 3'000'000));
      operator_.join();
      check_problem(answer, 502, "upstream");
      check_current(on, id, "/a.ts", 0);
      BOOST_TEST(viewer->read_to(viewer->received() + 300'000));
      check_seamless(whole_packets(viewer->body));
      BOOST_TEST(on.origin.of("/a.ts").requests == 1U);
    }
  }
}

// Nothing works and the next attempt is half a minute away.
BOOST_AUTO_TEST_CASE(a_choice_ends_the_wait_between_attempts) {
  auto config = live_test_settings();
  config.live.grace = 60s;
  config.upstream.backoff_first = config.upstream.backoff_limit = 60s;
  live_fixture on(config);
  auto dying = broadcasting(lively());
  dying.truncate_at = {{.after = 400'000, .when = {.times = 1}}};
  dying.status = {{.status = 404, .when = {.from = 2}}};
  on.origin.set("/a.ts", dying);
  on.origin.set("/b.ts", {.status = {{.status = 404}}});
  const auto id = on.post({"/a.ts", "/b.ts"});
  const auto viewer = on.watch(id);
  BOOST_TEST(viewer->read_to(300'000));
  BOOST_TEST(on.origin.wait_until([&] { return on.origin.of("/b.ts").requests > 0; }));
  on.origin.set("/b.ts", broadcasting(lively()));
  BOOST_TEST(taken(on.fail_over(id), on.origin.url("/b.ts")) == 1U);
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST(viewer->read_to(1'000'000));
  BOOST_TEST(seconds_since(began) < 10);
  check_announced(whole_packets(viewer->body));
}

// While it is tried the last client leaves: nothing may stay open.
BOOST_FIXTURE_TEST_CASE(the_last_client_leaves_meanwhile, live_fixture) {
  origin.set("/a.ts", broadcasting(lively()));
  auto slow = broadcasting(lively());
  slow.delay = 400ms;
  origin.set("/b.ts", slow);
  const auto id = post({"/a.ts", "/b.ts"});
  auto viewer = watch(id);
  BOOST_TEST(viewer->read_to(300'000));
  std::thread operator_([&] { fail_over(id); });
  BOOST_TEST(origin.wait_until([&] { return origin.of("/b.ts").requests > 0; }));
  viewer->close();
  operator_.join();
  BOOST_TEST(origin.wait_until([&] { return open("/a.ts") + open("/b.ts") == 0; }, promptly));
  BOOST_TEST(quiet());
}

BOOST_AUTO_TEST_SUITE_END()
