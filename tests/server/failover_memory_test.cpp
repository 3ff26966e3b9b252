// What is learnt of a stream's sources from one request to the next.

#include "server/live_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(failover_memory_test)

namespace {

constexpr std::uint64_t size = 300'000;

origin::behaviour film() {
  return {.size = size, .seed = 5};
}

settings resting(milliseconds rest) {
  auto config = live_test_settings();
  config.registry.source_rest = rest;
  config.registry.source_rest_limit = 60s;
  return config;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_last_good_source_is_tried_first) {
  for (const std::string extension : {".mkv", ".ts"}) {
    live_fixture on;
    const auto good = extension == ".ts" ? broadcasting(lively()) : film();
    on.origin.set("/a" + extension, {.status = {{.status = 404}}});
    on.origin.set("/b" + extension, good);
    const auto id = on.post({"/a" + extension, "/b" + extension});
    for (int visit = 0; visit < 3; ++visit) {
      BOOST_TEST(on.watch(id)->read_to(100'000));
      BOOST_TEST(on.quiet());
      BOOST_TEST(on.origin.wait_until([&] { return on.open("/b" + extension) == 0; }));
    }
    BOOST_TEST(on.origin.of("/a" + extension).requests == 1U);
    BOOST_TEST(count_of(on.info(id), "current_failover_index") == 1U);
    BOOST_TEST(count_of(on.info(id), "failover_attempts") == 1U);
    // And it goes back when that one fails.
    on.origin.set("/a" + extension, good);
    on.origin.set("/b" + extension, {.status = {{.status = 410}}});
    BOOST_TEST(on.watch(id)->read_to(100'000));
    BOOST_TEST(count_of(on.info(id), "current_failover_index") == 0U);
    BOOST_TEST(text_of(on.info(id), "current_url") == on.origin.url("/a" + extension));
  }
}

BOOST_AUTO_TEST_CASE(a_failed_source_rests) {
  live_fixture on(resting(60s));
  on.origin.set("/a.mkv", {.status = {{.status = 404, .when = {.times = 1}}}});
  on.origin.set("/b.mkv",
                {.size = size, .seed = 5, .status = {{.status = 404, .when = {.from = 2, .times = 1}}}});
  on.origin.set("/c.mkv", film());
  const auto id = on.post({"/a.mkv", "/b.mkv", "/c.mkv"});
  check_whole(on.get(id), 5, size);  // a fails, b serves
  check_whole(on.get(id), 5, size);  // b fails; a rests, c serves
  BOOST_TEST(on.origin.of("/a.mkv").requests == 1U);
  BOOST_TEST(on.origin.of("/c.mkv").requests > 0U);
  BOOST_TEST(count_of(on.info(id), "current_failover_index") == 2U);
}

BOOST_AUTO_TEST_CASE(after_its_rest_it_is_asked_again) {
  for (const bool rested : {false, true}) {
    BOOST_TEST_CONTEXT((rested ? "rested" : "still resting")) {
      live_fixture on(resting(rested ? 30ms : 60s));
      for (const std::string path : {"/a.mkv", "/b.mkv", "/c.mkv"})
        on.origin.set(path, film());
      on.origin.update("/a.mkv", [](auto& rules) { rules.status = {{.status = 404, .when = {.times = 1}}}; });
      const auto id = on.post({"/a.mkv", "/b.mkv", "/c.mkv"});
      check_whole(on.get(id), 5, size);  // a fails, b serves
      const auto failed = std::chrono::steady_clock::now();
      BOOST_TEST(on.fail_over(id).status == 200);  // c is chosen: the next in turn is a
      BOOST_TEST(count_of(on.info(id), "current_failover_index") == 2U);
      on.origin.set("/c.mkv", {.status = {{.status = 404}}});
      BOOST_TEST(eventually([&] { return std::chrono::steady_clock::now() - failed > 60ms; }));
      check_whole(on.get(id), 5, size);
      BOOST_TEST(count_of(on.info(id), "current_failover_index") == (rested ? 0U : 1U));
      BOOST_TEST(on.origin.of("/a.mkv").requests > (rested ? 1U : 0U));
    }
  }
}

// Everything rests: still tried.
BOOST_AUTO_TEST_CASE(resting_sources_are_better_than_none) {
  live_fixture on(resting(60s));
  on.origin.set("/a.mkv", {.size = size, .seed = 5, .status = {{.status = 404, .when = {.times = 1}}}});
  on.origin.set("/b.mkv", {.status = {{.status = 404}}});
  const auto id = on.post({"/a.mkv", "/b.mkv"});
  BOOST_TEST(on.get(id).status == 404);
  BOOST_TEST(count_of(on.info(id), "error_count") == 1U);
  BOOST_TEST(text_of(on.info(id), "last_error").find("404") != std::string::npos);
  check_whole(on.get(id), 5, size);
  BOOST_TEST(count_of(on.info(id), "error_count") == 1U);
}

BOOST_FIXTURE_TEST_CASE(posted_again_with_other_sources, live_fixture) {
  origin.set("/b.mkv", film());
  origin.set("/c.mkv", {.size = size, .seed = 6});
  const auto id = post({"/a.mkv"});
  BOOST_TEST(get(id).status == 404);
  BOOST_TEST(post({"/a.mkv", "/b.mkv"}) == id);
  check_whole(get(id), 5, size);
  BOOST_TEST(count_of(info(id), "current_failover_index") == 1U);
  // The source in use is not among the new ones.
  BOOST_TEST(post({"/a.mkv", "/c.mkv"}) == id);
  BOOST_TEST(count_of(info(id), "current_failover_index") == 0U);
  check_whole(get(id), 6, size);
  BOOST_TEST(text_of(info(id), "current_url") == origin.url("/c.mkv"));
  BOOST_TEST(post({"/a.mkv"}) == id);
  BOOST_TEST(!info(id).at("has_failover").as_bool());
  BOOST_TEST(get(id).status == 404);
}

// Headers, too, and a running broadcast finds its new sources.
BOOST_FIXTURE_TEST_CASE(posted_again_while_it_plays, live_fixture) {
  auto ending = lively();
  ending.close_after = 16s;
  auto rules = broadcasting(ending);
  rules.status = {{.status = 404, .when = {.from = 2}}};
  origin.set("/a.ts", rules);
  origin.set("/b.ts", broadcasting(lively(), 8));
  const auto id = post({"/a.ts"});
  const auto viewer = watch(id);
  BOOST_TEST(viewer->read_to(300'000));
  BOOST_TEST(post({"/a.ts", "/b.ts"}) == id);
  BOOST_TEST(viewer->read_to(8'000'000));
  check_announced(whole_packets(viewer->body));
  BOOST_TEST(origin.of("/b.ts").requests == 1U);
}

BOOST_FIXTURE_TEST_CASE(given_headers_and_user_agent, live_fixture) {
  origin.set("/a.ts", broadcasting(lively()));
  origin.set("/a.mkv", film());
  for (const std::string path : {"/a.ts", "/a.mkv"}) {
    const auto id = post({path}, {{"user_agent", "box/1"}, {"headers", {{"X-Key", "one"}}}});
    BOOST_TEST(watch(id, {.lines = "User-Agent: mpv\r\nCookie: c=1\r\nAuthorization: Basic eA==\r\n"})
                   ->read_to(1'000));
    const auto asked = origin.requests(path).front();
    BOOST_TEST(asked.header("User-Agent").value_or("") == "box/1");
    BOOST_TEST(asked.header("X-Key").value_or("") == "one");
    BOOST_TEST(!asked.header("Cookie"));
    BOOST_TEST(!asked.header("Authorization"));
    BOOST_TEST(quiet());
    BOOST_TEST(origin.wait_until([&] { return open(path) == 0; }));
    BOOST_TEST(post({path}, {{"headers", {{"X-Key", "two"}}}}) == id);
    BOOST_TEST(watch(id)->read_to(1'000));
    BOOST_TEST(origin.requests(path).back().header("X-Key").value_or("") == "two");
    BOOST_TEST(origin.requests(path).back().header("User-Agent").value_or("") != "box/1");
  }
}

BOOST_AUTO_TEST_SUITE_END()
