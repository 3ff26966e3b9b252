// No kind of connection for a file leads to an address that is not allowed.

#include "server/address_policy_support.hpp"

#include <algorithm>
#include <atomic>

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(address_policy_kinds_test)

namespace {

constexpr auto size = policed_size;
constexpr auto seed = policed_seed;
constexpr std::uint64_t small = 300 * kibi;
using fixture = policed_fixture;

void closed_policy(settings&) {}
void open_policy(settings& config) {
  config.upstream.allow = {"loopback"};
}

bool asked_for_the_end(const origin::server& of) {
  const auto all = of.requests();
  return std::any_of(all.begin(), all.end(), [](const auto& each) {
    return each.header("Range").value_or("").ends_with("-" + std::to_string(small - 1));
  });
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_first_request, fixture) {
  set_file("/a.mkv");
  check_whole(play_url(at("good.test", "/a.mkv")), seed, size);
  for (const std::string host : {"bad.test",
                                 "BAD.test.",
                                 "127.0.0.2",
                                 "127.0.0.2.",
                                 "127.2",
                                 "2130706434",
                                 "0x7f000002",
                                 "0x7f.2",
                                 "0177.0.0.2",
                                 "017700000002",
                                 "%31%32%37.0.0.2",
                                 "[::ffff:127.0.0.2]",
                                 "[::ffff:7f00:2]",
                                 "[::127.0.0.2]",
                                 "[64:ff9b::127.0.0.2]",
                                 "[2002:7f00:2::1]",
                                 "[2001:0:808:808::80ff:fffd]",
                                 "[2001:db8::5efe:127.0.0.2]",
                                 "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.2",
                                 "169.254.169.254",
                                 "[fe80::1]",
                                 "0.0.0.0",
                                 "0",
                                 "[::]",
                                 "224.0.0.1",
                                 "255.255.255.255",
                                 "[ff02::1]"}) {
    BOOST_TEST_CONTEXT(host) {
      check_forbidden(play_url(at(host, "/a.mkv")));
      BOOST_TEST(play_url(at(host, "/a.mkv"), {}, "HEAD").status == 403);
    }
  }
  for (const std::string host : {"[fe80::1%25eth0]", "[fe80::1%eth0]", "[v1.x]"})
    BOOST_TEST(play_url(at(host, "/a.mkv")).status == 400);
  check_untouched();
}

// Whoever counts does count, and the ways there are open where the policy allows it.
BOOST_AUTO_TEST_CASE(where_it_is_allowed) {
  fixture on(open_policy);
  on.set_file("/a.mkv");
  check_whole(on.play_url(on.at("bad.test", "/a.mkv")), seed, size);
  BOOST_TEST(on.victim.totals().connections > 0U);
}

BOOST_FIXTURE_TEST_CASE(forbidden_addresses_of_a_name_are_dropped, fixture) {
  set_file("/a.mkv");
  check_whole(play_url(at("mixed.test", "/a.mkv")), seed, size);
  check_whole(play_url(at("localhost", "/a.mkv")), seed, size);
  check_untouched();
}

// The allowed address does not answer: the others are no way out.
BOOST_FIXTURE_TEST_CASE(forbidden_addresses_are_no_fallback, fixture) {
  set_file("/a.mkv");
  origin.stop();
  check_problem(play_url(at("mixed.test", "/a.mkv")), 502, "upstream");
  check_untouched();
}

BOOST_FIXTURE_TEST_CASE(each_hop_of_a_redirect, fixture) {
  set_file("/a.mkv");
  const auto port = ":" + std::to_string(origin.port());
  for (const std::string& location :
       {at("bad.test", "/a.mkv"), at("127.0.0.2", "/a.mkv"), at("2130706434", "/a.mkv"),
        at("[::ffff:127.0.0.2]", "/a.mkv"), at("0x7f.2", "/a.mkv"), "//bad.test" + port + "/a.mkv",
        "//user@127.0.0.2" + port + "/a.mkv", "http://good.test@127.0.0.2" + port + "/a.mkv",
        std::string("http://169.254.169.254/latest/meta-data/"), std::string("http://[fe80::1]/")}) {
    BOOST_TEST_CONTEXT(location) {
      redirect("/play", location);
      redirect("/far", at("good.test", "/play"));
      check_forbidden(play_url(at("good.test", "/play")));
      check_forbidden(play_url(at("good.test", "/far")));
    }
  }
  redirect("/play", "http://[fe80::1%25eth0]/");
  check_problem(play_url(at("good.test", "/play")), 502, "redirect");
  check_untouched();
}

// The final URL was remembered; when it expires, the redirect leads elsewhere.
BOOST_FIXTURE_TEST_CASE(a_redirect_that_is_followed_again, fixture) {
  set_file("/a.mkv");
  redirect("/play", at("good.test", "/a.mkv"));
  check_whole(play_url(at("good.test", "/play")), seed, size);
  redirect("/play", at("bad.test", "/a.mkv"));
  origin.set("/a.mkv", {.status = {{.status = 403}}});
  const auto answer = play_url(at("good.test", "/play"));
  BOOST_TEST(answer.status / 100 != 2);
  check_untouched();
}

BOOST_FIXTURE_TEST_CASE(other_sources, fixture) {
  set_file("/a.mkv");
  origin.set("/gone.mkv", {.status = {{.status = 404}}});
  const auto mirror = [&](const std::string& host, const std::string& path) {
    return "mirror=" + encoded(at(host, path)) + "&";
  };
  check_whole(play_url(at("bad.test", "/a.mkv"), mirror("good.test", "/a.mkv")), seed, size);
  check_forbidden(play_url(at("bad.test", "/a.mkv"), mirror("127.0.0.2", "/a.mkv")));
  const auto none = play_url(at("good.test", "/gone.mkv"), mirror("bad.test", "/a.mkv"));
  BOOST_TEST(none.status / 100 != 2);
  check_untouched();
}

// In the middle of a file the source fails and the mirror is not allowed.
BOOST_FIXTURE_TEST_CASE(failover_after_the_first_byte, fixture) {
  set_file("/a.mkv");
  origin.set("/broken.mkv",
             {.size = size, .seed = seed, .truncate_at = {{.after = 700'000, .absolute = true}}});
  check_cut(play_url(at("good.test", "/broken.mkv"), "mirror=" + encoded(at("bad.test", "/a.mkv")) + "&"),
            seed);
  check_untouched();
}

// What is connected to after the name has turned: each of these needs a connection when DNS says otherwise.
BOOST_AUTO_TEST_CASE(parallel_chunks_of_a_name_that_turns) {
  for (const bool allowed : {true, false}) {
    BOOST_TEST_CONTEXT("allowed: " << allowed) {
      fixture on(allowed ? open_policy : closed_policy);
      on.set_file("/a.mkv");
      on.origin.set("/a.mkv", {.size = size, .seed = seed, .rate = 2 * mebi, .delay = 1'200ms});
      std::thread turning([&] {
        on.origin.wait_until([&] { return on.origin.totals().requests > 0; });
        on.turn();
      });
      const auto answer = on.play_url(on.at("turn.test", "/a.mkv"));
      turning.join();
      BOOST_TEST(answer.status == 200);
      BOOST_TEST(has_content(answer, seed, 0, answer.body.size()), "the bytes differ");
      if (!allowed) on.check_untouched();
      if (allowed) BOOST_TEST(answer.complete);
      if (allowed) BOOST_TEST(on.victim.totals().connections > 0U);
    }
  }
}

// One chunk crawls, the last one has been asked for, and every connection is used once.
BOOST_AUTO_TEST_CASE(a_raced_chunk_of_a_name_that_turns) {
  for (const bool allowed : {true, false}) {
    BOOST_TEST_CONTEXT("allowed: " << allowed) {
      fixture on(allowed ? open_policy : closed_policy);
      on.origin.set("/a.mkv", {.size = small,
                               .seed = seed,
                               .delay = 1'200ms,
                               .keep_alive = false,
                               .slow_at = {{.after = 10'000, .rate = 4 * kibi, .when = {.times = 1}}}});
      on.victim.set("/a.mkv", {.size = small, .seed = seed});
      std::atomic<bool> raced{false};
      std::thread turning([&] {
        BOOST_TEST(on.origin.wait_until([&] { return asked_for_the_end(on.origin); }));
        const auto asked = on.names.questions();
        on.turn();
        raced = eventually([&] { return on.names.questions() > asked; });
        if (allowed) raced = eventually([&] { return on.victim.totals().connections > 0; });
      });
      viewer client(on.server.port(), "/stream?url=" + on.at("turn.test", "/a.mkv"));
      client.read_until([&] { return raced.load(); });
      turning.join();
      BOOST_TEST(raced.load());
      BOOST_TEST(client.body == origin::content_of(seed, 0, client.body.size()), "the bytes differ");
      if (!allowed) on.check_untouched();
    }
  }
}

BOOST_FIXTURE_TEST_CASE(retries_of_a_name_that_turns, fixture) {
  set_file("/a.mkv");
  origin.set("/a.mkv", {.size = size, .seed = seed, .rate = 400 * kibi});
  viewer client(server.port(), "/stream?url=" + at("turn.test", "/a.mkv"));
  BOOST_TEST(client.status() == 200);
  BOOST_TEST(client.read_to(100'000));
  const auto asked = names.questions();
  turn_at_once();
  client.drain();
  BOOST_TEST(!client.complete());
  BOOST_TEST(client.body == origin::content_of(seed, 0, client.body.size()));
  BOOST_TEST(names.questions() > asked);  // it did try
  check_untouched();
}

BOOST_FIXTURE_TEST_CASE(retries_before_the_first_byte, fixture) {
  origin.set("/a.mkv", {.status = {{.status = 503}}});
  victim.set("/a.mkv", {.size = size, .seed = seed});
  std::thread turning([&] {
    origin.wait_until([&] { return origin.totals().requests > 0; });
    turn_at_once();
  });
  const auto answer = play_url(at("turn.test", "/a.mkv"));
  turning.join();
  BOOST_TEST(answer.status >= 400);
  check_forbidden(play_url(at("turn.test", "/a.mkv")));
  check_untouched();
}

// A kept connection leads where it led when it was checked, and to no other name.
BOOST_FIXTURE_TEST_CASE(kept_connections, fixture) {
  set_file("/a.mkv");
  set_file("/b.mkv");
  check_whole(play_url(at("turn.test", "/a.mkv")), seed, size);
  turn();
  outlive_answers();
  const auto kept = play_url(at("turn.test", "/b.mkv"));
  BOOST_TEST(has_content(kept, seed, 0, kept.status == 200 ? kept.body.size() : 0) == (kept.status == 200));
  check_forbidden(play_url(at("bad.test", "/a.mkv")));
  origin.drop_connections();
  BOOST_TEST(eventually([&] { return origin.totals().open_connections == 0; }));
  check_forbidden(play_url(at("turn.test", "/c.mkv")));
  check_untouched();
}

BOOST_AUTO_TEST_SUITE_END()
