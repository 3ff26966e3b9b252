// Retries of one URL: what is retried, where it resumes, how long it waits, when it ends.

#include "server/stream_support.hpp"

#include <thread>

using namespace millrace;
using namespace millrace::test;
using origin::head_fault;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_retry_test)

namespace {

constexpr std::uint64_t size = 2 * mebi;
constexpr std::uint64_t seed = 8;

struct fault {
  std::string name;
  origin::behaviour rules;
};

/// The n-th request of a path.
origin::condition only(std::uint64_t n) {
  return {.from = n, .times = 1};
}

std::vector<fault> passing_faults(std::uint64_t n) {
  std::vector<fault> faults{
      {"truncate", {.truncate_at = {{.after = 10'000, .when = only(n)}}}},
      {"truncate at once", {.truncate_at = {{.after = 0, .when = only(n)}}}},
      {"reset", {.reset_at = {{.after = 10'000, .when = only(n)}}}},
      {"stall", {.stall_at = {{.after = 10'000, .when = only(n)}}}},
      {"stall at once", {.stall_at = {{.after = 0, .when = only(n)}}}},
      {"chunked, truncate",
       {.body_framing = origin::framing::chunked, .truncate_at = {{.after = 9, .when = only(n)}}}},
      {"until close, truncate",
       {.body_framing = origin::framing::until_close, .truncate_at = {{.after = 9, .when = only(n)}}}},
      {"garbage", {.head = {{.what = head_fault::kind::garbage, .when = only(n)}}}},
      {"close", {.head = {{.what = head_fault::kind::close, .when = only(n)}}}},
      {"reset instead of a head", {.head = {{.what = head_fault::kind::reset, .when = only(n)}}}},
      {"no head", {.head = {{.what = head_fault::kind::never, .when = only(n)}}}},
      {"head byte by byte", {.head = {{.what = head_fault::kind::byte_by_byte, .when = only(n)}}}},
  };
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599})
    faults.push_back({std::to_string(status), {.status = {{.status = status, .when = only(n)}}}});
  for (auto& each : faults) {
    each.rules.size = size;
    each.rules.seed = seed;
  }
  return faults;
}

settings impatient() {
  auto config = stream_settings();
  config.upstream.read_timeout = milliseconds(250);
  return config;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_retry_takes_a_fresh_connection) {
  auto config = stream_settings();
  config.upstream.retries = 1;
  config.transfer.connections = 1;
  stream_fixture on(config);
  on.origin.set("/warm", {.size = 1, .delay = milliseconds(300)});
  on.origin.set("/a", {.size = size, .seed = seed, .truncate_at = {{.after = 0, .when = {.reused = true}}}});
  // Six requests at one time leave six kept connections, and each of them is bad for /a.
  std::vector<std::thread> players;
  for (int i = 0; i < 6; ++i)
    players.emplace_back([&] { on.play("/warm"); });
  for (auto& each : players)
    each.join();
  check_whole(on.play("/a"), seed, size);
}

BOOST_AUTO_TEST_CASE(passing_faults_of_the_first_request_are_not_noticed) {
  stream_fixture on(impatient());
  for (const auto& each : passing_faults(1)) {
    BOOST_TEST_CONTEXT(each.name) {
      on.origin.set("/a.mkv", each.rules);
      check_whole(on.play("/a.mkv"), seed, size);
    }
  }
}

BOOST_AUTO_TEST_CASE(passing_faults_in_the_middle_are_not_noticed) {
  stream_fixture on(impatient());
  for (const auto& each : passing_faults(3)) {
    for (const std::string connections : {"1", "4"}) {
      BOOST_TEST_CONTEXT(each.name << " over " << connections) {
        on.origin.set("/a.mkv", each.rules);
        check_whole(on.play("/a.mkv", {}, "connections=" + connections + "&"), seed, size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(many_faults_at_once) {
  stream_fixture on(impatient());
  on.origin.set("/a.mkv", {.size = 8 * mebi,
                           .seed = seed,
                           .truncate_at = {{.after = 50'000, .when = {.probability = 0.3}}},
                           .reset_at = {{.after = 100'000, .when = {.probability = 0.3}}},
                           .status = {{.status = 503, .when = {.from = 2, .probability = 0.2}}}});
  check_whole(on.play("/a.mkv"), seed, 8 * mebi);
}

BOOST_FIXTURE_TEST_CASE(a_broken_body_is_resumed_at_the_first_missing_byte, stream_fixture) {
  origin.set("/a.mkv", {.size = 500'000, .seed = seed, .truncate_at = {{.after = 10'000, .when = only(1)}}});
  const auto response = play("/a.mkv", "Range: bytes=100000-149999\r\n", "connections=1&");
  BOOST_TEST(has_content(response, seed, 100'000, 50'000));
  BOOST_TEST(ranges() == (std::vector<std::string>{"bytes=100000-149999", "bytes=110000-149999"}),
             boost::test_tools::per_element());
}

// Each attempt brings something: that is progress, and no number of faults ends it.
BOOST_FIXTURE_TEST_CASE(progress_restores_the_retries, stream_fixture) {
  origin.set("/a.mkv", {.size = 600'000, .seed = seed, .truncate_at = {{.after = 20'000}}});
  check_whole(play("/a.mkv", {}, "connections=1&"), seed, 600'000);
  BOOST_TEST(origin.totals().requests >= 30U);
}

BOOST_AUTO_TEST_CASE(retries_without_progress_are_counted) {
  for (const unsigned retries : {0U, 1U, 3U}) {
    auto config = stream_settings();
    config.upstream.retries = retries;
    config.upstream.read_timeout = milliseconds(200);
    stream_fixture on(config);
    on.origin.set("/503", {.status = {{.status = 503}}});
    on.origin.set("/404", {.status = {{.status = 404}}});
    on.origin.set("/close", {.head = {{.what = head_fault::kind::close}}});
    on.origin.set("/never", {.head = {{.what = head_fault::kind::never}}});
    BOOST_TEST_CONTEXT(retries << " retries") {
      check_problem(on.play("/close"), 502, "upstream");
      BOOST_TEST(on.origin.requests("/close").size() == retries + 1);
      check_problem(on.play("/never"), 504, "timeout");
      BOOST_TEST(on.origin.requests("/never").size() == retries + 1);
      check_problem(on.play("/503"), 502, "upstream");
      BOOST_TEST(on.origin.requests("/503").size() == retries + 1);
      check_problem(on.play("/404"), 404, "upstream");
      BOOST_TEST(on.origin.requests("/404").size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_response_is_cut_when_the_retries_are_spent) {
  auto config = stream_settings();
  config.upstream.retries = 2;
  stream_fixture on(config);
  on.origin.set("/a.mkv",
                {.size = size, .seed = seed, .truncate_at = {{.after = 1 * mebi + 7, .absolute = true}}});
  const auto response = on.play("/a.mkv");
  check_cut(response, seed);
  BOOST_TEST(response.body.size() == 1 * mebi + 7);
}

BOOST_AUTO_TEST_CASE(back_off_grows_and_is_bounded) {
  auto config = stream_settings();
  config.upstream.backoff_first = milliseconds(40);
  config.upstream.backoff_limit = milliseconds(100);
  config.upstream.retries = 4;
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.status = {{.status = 500}}});
  BOOST_TEST(on.play("/a.mkv").status == 502);
  const auto requests = on.origin.requests("/a.mkv");
  BOOST_REQUIRE(requests.size() == 5U);
  const std::vector<milliseconds> least{milliseconds(40), milliseconds(80), milliseconds(100),
                                        milliseconds(100)};
  for (std::size_t i = 0; i < least.size(); ++i) {
    const auto waited = requests[i + 1].arrived - requests[i].arrived;
    BOOST_TEST((waited >= least[i] - milliseconds(2)), "wait " << i << " is too short");
    BOOST_TEST((waited < least[i] * 5 / 4 + milliseconds(1'000)), "wait " << i << " is too long");
  }
}

BOOST_AUTO_TEST_CASE(retry_after_is_obeyed) {
  for (const int status : {503, 429}) {
    stream_fixture on(stream_settings());
    on.origin.set(
        "/a.mkv",
        {.size = size, .seed = seed, .status = {{.status = status, .retry_after = "1", .when = only(1)}}});
    check_whole(on.play("/a.mkv"), seed, size);
    const auto requests = on.origin.requests("/a.mkv");
    BOOST_REQUIRE(requests.size() > 1U);
    BOOST_TEST((requests[1].arrived - requests[0].arrived >= milliseconds(990)));
  }
}

BOOST_AUTO_TEST_CASE(a_long_retry_after_goes_to_the_client) {
  for (const int status : {503, 429}) {
    for (const std::string after : {"31", "3600", "Fri, 01 Jan 2100 00:00:00 GMT"}) {
      BOOST_TEST_CONTEXT(status << " " << after) {
        stream_fixture on(stream_settings());
        on.origin.set("/a.mkv", {.status = {{.status = status, .retry_after = after}}});
        const auto response = on.play("/a.mkv");
        check_problem(response, 503, "busy");
        const auto told = response.header("Retry-After").value_or("");
        BOOST_TEST((after.size() > 4 ? told.size() > 8 : told == after), told);
        BOOST_TEST(on.origin.requests("/a.mkv").size() == 1U);
        // Another source does not have to wait.
        on.origin.set("/b.mkv", {.size = size, .seed = seed});
        check_whole(on.play("/a.mkv", {}, "mirror=" + encoded(on.origin.url("/b.mkv")) + "&"), seed, size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_retry_after_in_the_past_is_no_wait) {
  stream_fixture on(stream_settings());
  on.origin.set(
      "/a.mkv",
      {.size = size,
       .seed = seed,
       .status = {{.status = 503, .retry_after = "Tue, 02 Jan 2024 03:04:05 GMT", .when = only(1)}}});
  check_whole(on.play("/a.mkv"), seed, size);
}

BOOST_AUTO_TEST_CASE(an_origin_that_comes_up_late) {
  auto config = stream_settings();
  config.upstream.backoff_first = milliseconds(100);
  config.upstream.backoff_limit = milliseconds(300);
  config.upstream.retries = 30;
  stream_fixture on(config);
  const auto port = on.origin.port();
  on.origin.stop();
  raw_client client(on.server.port());
  client.get("/stream?url=http://127.0.0.1:" + std::to_string(port) + "/a.mkv");
  std::this_thread::sleep_for(milliseconds(150));
  millrace::origin::server late({.port = port});
  late.set("/a.mkv", {.size = size, .seed = seed});
  check_whole(client.receive(), seed, size);
}

// Kept connections that the origin has closed meanwhile are no failures.
BOOST_AUTO_TEST_CASE(a_stale_kept_connection_is_repeated_uncounted) {
  auto config = stream_settings();
  config.upstream.retries = 0;
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = size, .seed = seed});
  for (const bool reset : {false, true}) {
    check_whole(on.play("/a.mkv"), seed, size);
    on.origin.drop_connections(reset);
    check_whole(on.play("/a.mkv"), seed, size);
  }
  // Closed while the request is on its way.
  for (const auto what : {head_fault::kind::close, head_fault::kind::reset}) {
    on.origin.set("/b.mkv",
                  {.size = 60'000, .seed = seed, .head = {{.what = what, .when = {.reused = true}}}});
    check_whole(on.play("/b.mkv"), seed, 60'000);
    check_whole(on.play("/b.mkv"), seed, 60'000);
  }
}

BOOST_AUTO_TEST_SUITE_END()
