// Failover over mirrors: when, in which order, and only onto the same bytes.

#include "server/stream_support.hpp"

#include <memory>

using namespace millrace;
using namespace millrace::test;
using origin::head_fault;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_failover_test)

namespace {

constexpr std::uint64_t size = 4 * mebi;
constexpr std::uint64_t seed = 11;

struct fixture : stream_fixture {
  explicit fixture(const settings& config = stream_settings()) : stream_fixture(config) {
    second.set("/b.mkv", {.size = size, .seed = seed, .etag = "\"another name for it\""});
    third.set("/c.mkv", {.size = size, .seed = seed});
  }

  millrace::origin::server second, third;

  std::string mirrors() const {
    return "mirror=" + encoded(second.url("/b.mkv")) + "&mirror=" + encoded(third.url("/c.mkv")) + "&";
  }
  std::string mirror() const { return "mirror=" + encoded(second.url("/b.mkv")) + "&"; }
};

origin::behaviour good() {
  return {.size = size, .seed = seed};
}

/// Good until this offset of the file, then as `status` says.
origin::behaviour dying(std::uint64_t at, int status = 404) {
  auto rules = good();
  rules.rate = 16 * mebi;
  rules.truncate_at = {{.after = at, .absolute = true}};
  rules.status = {{.status = status, .when = {.first_byte_from = at}}};
  return rules;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_primary_is_used_while_it_works, fixture) {
  origin.set("/a.mkv", good());
  check_whole(play("/a.mkv", {}, mirrors()), seed, size);
  BOOST_TEST(second.totals().requests == 0U);
  BOOST_TEST(third.totals().requests == 0U);
}

// Nobody chooses the bytes that others get for a URL.
BOOST_FIXTURE_TEST_CASE(mirrors_serve_their_own_request_alone, fixture) {
  origin.set("/a.mkv", {.status = {{.status = 404}}});
  const auto with_mirror = play("/a.mkv", {}, mirrors());
  check_whole(with_mirror, seed, size);
  const auto asked = second.totals().requests;
  BOOST_TEST(play("/a.mkv").status == 404);
  const auto id = with_mirror.header("X-Stream-ID").value_or("");
  BOOST_TEST(id.size() == 32U);
  BOOST_TEST(server.request("GET", "/stream/" + id).status == 404);
  BOOST_TEST(second.totals().requests == asked);
  // An operator may.
  server.post("/streams", "{\"url\": \"" + origin.url("/a.mkv") + "\", \"failover_urls\": [\"" +
                              second.url("/b.mkv") + "\"]}");
  check_whole(play("/a.mkv"), seed, size);
}

// At once on 401, 403, 404, 410: nothing is asked twice.
BOOST_FIXTURE_TEST_CASE(refusals_fail_over_at_once, fixture) {
  for (const int status : {401, 403, 404, 410}) {
    BOOST_TEST_CONTEXT(status) {
      const auto path = "/" + std::to_string(status);
      origin.set(path, {.status = {{.status = status}}});
      check_whole(play(path, {}, mirrors()), seed, size);
      BOOST_TEST(origin.requests(path).size() == 1U);
      BOOST_TEST(third.totals().requests == 0U);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(dead_and_unknown_hosts_fail_over_at_once, fixture) {
  const auto port = origin.port();
  origin.stop();
  const auto began = std::chrono::steady_clock::now();
  const std::vector<std::string> primaries{"http://127.0.0.1:" + std::to_string(port) + "/a.mkv",
                                           "http://no.such.host.invalid/a.mkv",
                                           "https://127.0.0.1:" + std::to_string(third.port()) + "/a.mkv"};
  for (const auto& primary : primaries) {
    BOOST_TEST_CONTEXT(primary) {
      check_whole(server.request("GET", "/stream?" + mirror() + "url=" + primary), seed, size);
    }
  }
  BOOST_TEST(seconds_since(began) < 30);
}

// Otherwise after one retry while another source is left.
BOOST_AUTO_TEST_CASE(passing_failures_are_retried_once) {
  auto config = stream_settings();
  config.upstream.read_timeout = milliseconds(200);
  fixture on(config);
  on.origin.set("/503", {.status = {{.status = 503}}});
  on.origin.set("/never", {.head = {{.what = head_fault::kind::never}}});
  on.origin.set("/garbage", {.head = {{.what = head_fault::kind::garbage}}});
  on.origin.set("/stall", {.size = size, .stall_at = {{.after = 0}}});
  for (const std::string path : {"/503", "/never", "/garbage"}) {
    BOOST_TEST_CONTEXT(path) {
      check_whole(on.play(path, {}, on.mirror()), seed, size);
      BOOST_TEST(on.origin.requests(path).size() == 2U);
    }
  }
  check_whole(on.play("/stall", {}, on.mirror()), seed, size);
}

// The full retry count is spent only where nothing else is left; one fruitless round ends a file.
BOOST_FIXTURE_TEST_CASE(one_fruitless_round_ends_it, fixture) {
  origin.set("/a.mkv", {.status = {{.status = 503}}});
  second.set("/b.mkv", {.status = {{.status = 404}}});
  third.set("/c.mkv", {.status = {{.status = 500}}});
  const auto response = play("/a.mkv", {}, mirrors());
  check_problem(response, 502, "upstream");
  BOOST_TEST(origin.totals().requests == 2U);
  BOOST_TEST(second.totals().requests == 1U);
  BOOST_TEST(third.totals().requests == 6U);
}

BOOST_FIXTURE_TEST_CASE(mirrors_are_tried_in_order, fixture) {
  second.set("/b.mkv", {.status = {{.status = 404}}});
  check_whole(play("/missing", {}, mirrors()), seed, size);
  BOOST_TEST(second.totals().requests == 1U);
}

// The next request begins with the one that worked last, and comes back to the primary after the last.
BOOST_FIXTURE_TEST_CASE(the_source_that_worked_is_remembered, fixture) {
  check_whole(play("/a.mkv", {}, mirrors()), seed, size);
  BOOST_TEST(origin.totals().requests == 1U);
  check_whole(play("/a.mkv", {}, mirrors()), seed, size);
  BOOST_TEST(origin.totals().requests == 1U);
  origin.set("/a.mkv", good());
  second.stop();
  third.set("/c.mkv", {.status = {{.status = 410}}});
  check_whole(play("/a.mkv", {}, mirrors()), seed, size);
  BOOST_TEST(third.totals().requests == 1U);
}

BOOST_AUTO_TEST_CASE(a_source_that_dies_in_the_middle_is_replaced) {
  for (const std::uint64_t at : {100'000ULL, 1'000'001ULL, 2'097'152ULL, 4'000'000ULL}) {
    for (const std::string connections : {"1", "4"}) {
      for (const int status : {404, 503}) {
        fixture on;
        on.origin.set("/a.mkv", dying(at, status));
        BOOST_TEST_CONTEXT("at " << at << " with " << status << " over " << connections) {
          check_whole(on.play("/a.mkv", {}, on.mirrors() + "connections=" + connections + "&"), seed, size);
          BOOST_TEST(on.second.totals().requests > 0U);
          BOOST_TEST(on.third.totals().requests == 0U);
        }
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_source_whose_server_disappears, fixture) {
  auto rules = good();
  rules.rate = 2 * mebi;
  origin.set("/a.mkv", rules);
  raw_client client(server.port());
  client.get(target("/a.mkv", mirror()));
  auto body = client.receive(false, 300'000).body;
  origin.stop();
  body += client.read(size - body.size());
  BOOST_TEST((body == origin::content_of(seed, 0, size)));
}

// Only up to 64 KiB that were had before are fetched again to compare.
BOOST_FIXTURE_TEST_CASE(a_new_source_is_compared_with_what_was_had, fixture) {
  origin.set("/a.mkv", dying(2 * mebi));
  check_whole(play("/a.mkv", {}, mirror()), seed, size);
  const auto requests = second.requests();
  BOOST_REQUIRE(!requests.empty());
  BOOST_TEST(requests.front().body_sent <= 64 * kibi);
  std::uint64_t sent = 0;
  for (const auto& each : requests)
    sent += each.body_sent;
  BOOST_TEST(sent <= size - 2 * mebi + 64 * kibi + 5 * 256 * kibi);
}

BOOST_AUTO_TEST_CASE(another_file_never_continues_the_response) {
  struct other {
    std::string name;
    origin::behaviour rules;
  };
  auto bytes = good();
  bytes.seed = seed + 1;
  auto longer = good();
  longer.size = size + 1;
  auto shorter = good();
  shorter.size = size - 1;
  auto no_ranges = good();
  no_ranges.lies = {{.about = origin::lie::kind::ignore_range}};
  auto lying = good();
  lying.lies = {{.about = origin::lie::kind::other_bytes}};
  for (const auto& each : std::vector<other>{{"other bytes", bytes},
                                             {"longer", longer},
                                             {"shorter", shorter},
                                             {"no ranges", no_ranges},
                                             {"lying", lying}}) {
    for (const std::string connections : {"1", "4"}) {
      fixture on;
      on.origin.set("/a.mkv", dying(2 * mebi + 5));
      on.second.set("/b.mkv", each.rules);
      BOOST_TEST_CONTEXT(each.name << " over " << connections) {
        check_cut(on.play("/a.mkv", {}, on.mirror() + "connections=" + connections + "&"), seed);
      }
    }
  }
}

// Before the first byte nothing was had: another length is no contradiction.
BOOST_FIXTURE_TEST_CASE(a_mirror_that_differs_serves_a_whole_response_alone, fixture) {
  second.set("/b.mkv", {.size = 1'000'003, .seed = seed + 5});
  check_whole(play("/missing", {}, mirror()), seed + 5, 1'000'003);
}

// 1 MiB of good bytes restores the sources: the primary is taken again after the last.
BOOST_FIXTURE_TEST_CASE(good_bytes_restore_the_sources, fixture) {
  origin.set("/a.mkv", dying(1'500'000));
  auto rules = dying(3'500'000);
  rules.rate = 2 * mebi;
  second.set("/b.mkv", rules);
  raw_client client(server.port());
  client.get(target("/a.mkv", mirror() + "connections=1&"));
  auto body = client.receive(false, 2'000'000).body;
  origin.set("/a.mkv", good());  // it has recovered meanwhile
  body += client.read(size - body.size());
  BOOST_TEST(body.size() == size);
  BOOST_TEST((body == origin::content_of(seed, 0, body.size())));
  BOOST_TEST(origin.requests("/a.mkv").size() > 0U);
}

BOOST_FIXTURE_TEST_CASE(a_range_fails_over_too, fixture) {
  origin.set("/a.mkv", dying(1'500'000));
  const auto response = play("/a.mkv", "Range: bytes=1000000-1999999\r\n", mirror());
  BOOST_TEST(response.status == 206);
  BOOST_TEST(has_content(response, seed, 1'000'000, 1'000'000));
}

BOOST_AUTO_TEST_SUITE_END()
