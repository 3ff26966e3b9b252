// Upstreams without Range support, or with an unknown total: refused, or passed through over one connection.

#include "server/stream_support.hpp"

using namespace millrace;
using namespace millrace::test;
using origin::framing;
using origin::lie;

BOOST_AUTO_TEST_SUITE(stream_no_range_test)

namespace {

constexpr std::uint64_t size = 3 * mebi;
constexpr std::uint64_t seed = 9;

settings passing_through() {
  auto config = stream_settings();
  config.transfer.no_range = no_range_policy::passthrough;
  return config;
}

origin::behaviour without_ranges(framing how = framing::content_length) {
  return {.size = size, .seed = seed, .body_framing = how, .lies = {{.about = lie::kind::ignore_range}}};
}

origin::behaviour without_total() {
  return {.size = size, .seed = seed, .lies = {{.about = lie::kind::unknown_total}}};
}

void set_all(origin::server& at) {
  at.set("/length.mkv", without_ranges());
  at.set("/chunked.mkv", without_ranges(framing::chunked));
  at.set("/close.mkv", without_ranges(framing::until_close));
  at.set("/total.mkv", without_total());
  auto old = without_ranges(framing::until_close);
  old.http_1_0 = true;
  at.set("/old.mkv", old);
}

const std::vector<std::string> paths{"/length.mkv", "/chunked.mkv", "/close.mkv", "/total.mkv", "/old.mkv"};

}  // namespace

BOOST_FIXTURE_TEST_CASE(rejected_by_default, stream_fixture) {
  set_all(origin);
  for (const auto& path : paths) {
    for (const std::string range : {"", "Range: bytes=5-9\r\n", "Range: bytes=-5\r\n"}) {
      BOOST_TEST_CONTEXT(path << " " << range) {
        check_problem(play(path, range), 403, "no-range");
        const auto head = play(path, range, {}, "HEAD");
        BOOST_TEST(head.status == 403);
      }
    }
  }
  BOOST_TEST(origin.wait_until([&] { return origin.totals().active_requests == 0; }));
}

BOOST_AUTO_TEST_CASE(passed_through_over_one_connection) {
  stream_fixture on(passing_through());
  set_all(on.origin);
  for (const auto& path : paths) {
    for (const std::string range : {"", "Range: bytes=1000000-1000009\r\n", "Range: bytes=-5\r\n"}) {
      BOOST_TEST_CONTEXT(path << " " << range) {
        on.origin.reset_counters();
        const auto response = on.play(path, range);
        BOOST_TEST(response.status == 200);
        BOOST_TEST(response.complete);
        BOOST_TEST(has_content(response, seed, 0, size), "the bytes differ");
        BOOST_TEST(!response.header("Content-Range").has_value());
        BOOST_TEST(response.header("Accept-Ranges").value_or("none") == "none");
        BOOST_TEST(response.header("Content-Type").value_or("") == "video/x-matroska");
        BOOST_TEST(response.header("Content-Disposition").value_or("") ==
                   "inline; filename*=UTF-8''" + path.substr(1));
        BOOST_TEST(response.header("ETag").has_value());
        BOOST_TEST(response.header("X-Stream-ID").has_value());
        BOOST_TEST(on.origin.totals().peak_requests == 1U);
        const bool sized = path == "/length.mkv" || path == "/total.mkv";
        BOOST_TEST(response.header("Content-Length").has_value() == sized);
        // Nothing is asked twice: the first answer is the one that is passed on.
        if (path != "/total.mkv") BOOST_TEST(on.origin.totals().requests == 1U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(head_of_what_would_be_passed_through) {
  stream_fixture on(passing_through());
  set_all(on.origin);
  for (const auto& path : paths) {
    BOOST_TEST_CONTEXT(path) {
      const auto response = on.play(path, {}, {}, "HEAD");
      BOOST_TEST(response.status == 200);
      BOOST_TEST(response.body.empty());
      BOOST_TEST(response.header("Content-Type").value_or("") == "video/x-matroska");
    }
  }
  BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; }));
}

BOOST_AUTO_TEST_CASE(clients_that_speak_http_1_0) {
  stream_fixture on(passing_through());
  set_all(on.origin);
  for (const auto& path : paths) {
    BOOST_TEST_CONTEXT(path) {
      raw_client client(on.server.port());
      client.send("GET " + on.target(path) + " HTTP/1.0\r\nHost: origin.test\r\n\r\n");
      const auto response = client.receive();
      BOOST_TEST(response.status == 200);
      BOOST_TEST(!response.header("Transfer-Encoding").has_value());
      BOOST_TEST(response.complete);
      BOOST_TEST(has_content(response, seed, 0, size), "the bytes differ");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_connection_is_kept_where_the_framing_allows_it) {
  stream_fixture on(passing_through());
  set_all(on.origin);
  raw_client client(on.server.port());
  for (const auto& path : paths) {
    BOOST_TEST_CONTEXT(path) {
      client.get(on.target(path));
      const auto response = client.receive();
      BOOST_TEST(response.complete);
      BOOST_TEST(has_content(response, seed, 0, size), "the bytes differ");
    }
  }
}

// A body that breaks is never a short body that looks complete.
BOOST_AUTO_TEST_CASE(a_broken_body_is_cut) {
  stream_fixture on(passing_through());
  for (const auto how : {framing::content_length, framing::chunked}) {
    for (const bool reset : {false, true}) {
      BOOST_TEST_CONTEXT((how == framing::chunked ? "chunked" : "length")
                         << (reset ? ", reset" : ", close")) {
        auto rules = without_ranges(how);
        if (reset) {
          rules.reset_at = {{.after = 500'000}};
        } else {
          rules.truncate_at = {{.after = 500'000}};
        }
        on.origin.set("/a.mkv", rules);
        const auto response = on.play("/a.mkv");
        check_cut(response, seed);
        BOOST_TEST(response.body.size() <= 500'000U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_http_1_0_client_is_told_of_a_cut_by_a_reset) {
  stream_fixture on(passing_through());
  auto rules = without_ranges(framing::chunked);
  rules.truncate_at = {{.after = 500'000}};
  on.origin.set("/a.mkv", rules);
  raw_client client(on.server.port());
  client.send("GET " + on.target("/a.mkv") + " HTTP/1.0\r\nHost: origin.test\r\n\r\n");
  const auto response = client.receive();
  BOOST_TEST(!response.complete, "a short body looks complete");
  BOOST_TEST((client.ended() == ending::reset));
}

BOOST_AUTO_TEST_CASE(a_stalled_body_is_cut) {
  auto config = passing_through();
  config.upstream.read_timeout = std::chrono::milliseconds(300);
  stream_fixture on(config);
  auto rules = without_ranges();
  rules.stall_at = {{.after = 500'000}};
  on.origin.set("/a.mkv", rules);
  check_cut(on.play("/a.mkv"), seed);
}

BOOST_AUTO_TEST_CASE(failures_before_the_first_byte_are_retried) {
  stream_fixture on(passing_through());
  auto rules = without_ranges();
  rules.status = {{.status = 503, .when = {.times = 2}}};
  on.origin.set("/a.mkv", rules);
  check_whole(on.play("/a.mkv"), seed, size);
  rules.status = {{.status = 404}};
  on.origin.set("/b.mkv", rules);
  check_problem(on.play("/b.mkv"), 404, "upstream");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_stops_the_upstream) {
  stream_fixture on(passing_through());
  auto rules = without_ranges();
  rules.size = 5ULL << 30;
  on.origin.set("/a.mkv", rules);
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  BOOST_TEST(client.receive(false, 1).status == 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  BOOST_TEST(on.origin.totals().bytes_sent < 20 * mebi);
}

BOOST_AUTO_TEST_CASE(a_vanished_client_ends_the_transfer) {
  auto config = passing_through();
  config.upstream.read_timeout = std::chrono::seconds(20);
  stream_fixture on(config);
  for (const bool stalled : {false, true}) {
    auto rules = without_ranges();
    rules.size = 5ULL << 30;
    if (stalled) rules.stall_at = {{.after = 50'000}};
    on.origin.set("/a.mkv", rules);
    {
      raw_client client(on.server.port());
      client.get(on.target("/a.mkv"));
      BOOST_TEST(client.receive(false, 50'000).status == 200);
    }
    const auto gone = std::chrono::steady_clock::now();
    BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; }));
    BOOST_TEST(seconds_since(gone) < promptly.count());
  }
}

BOOST_AUTO_TEST_CASE(a_range_capable_upstream_is_not_passed_through) {
  stream_fixture on(passing_through());
  on.origin.set("/a.mkv", {.size = size, .seed = seed});
  const auto response = on.play("/a.mkv", "Range: bytes=5-9\r\n");
  BOOST_TEST(response.status == 206);
  BOOST_TEST(has_content(response, seed, 5, 5));
}

BOOST_AUTO_TEST_SUITE_END()
