// Redirects: every code, relative and absolute, limits, and the final URL that is remembered.

#include "server/stream_support.hpp"

#include <utility>

using namespace millrace;
using namespace millrace::test;
using origin::redirection;

BOOST_AUTO_TEST_SUITE(stream_redirect_test)

namespace {

constexpr std::uint64_t size = 2 * mebi;

/// One redirect from /d/play.
origin::behaviour moved(std::string location, int status = 302) {
  return {.redirect = {{.status = status, .location = std::move(location)}}};
}

std::uint64_t count(const stream_fixture& on, std::string_view path) {
  return on.origin.requests(path).size();
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(every_code, stream_fixture) {
  origin.set("/a.mkv", {.size = size});
  for (const int status : {301, 302, 303, 307, 308}) {
    BOOST_TEST_CONTEXT(status) {
      const auto path = "/" + std::to_string(status);
      origin.set(path, moved("/a.mkv", status));
      check_whole(play(path), 1, size);
      const auto head = play(path, {}, {}, "HEAD");
      BOOST_TEST(head.status == 200);
      BOOST_TEST(count(*this, path) == 1U);
    }
  }
  for (const auto& each : origin.requests())
    BOOST_TEST(each.method == "GET");
}

BOOST_FIXTURE_TEST_CASE(other_codes_of_300_are_failures, stream_fixture) {
  for (const int status : {300, 304, 305, 306}) {
    BOOST_TEST_CONTEXT(status) {
      origin.set("/d/play",
                 {.status = {{.status = status, .text = "", .headers = {{"Location", "/a.mkv"}}}}});
      BOOST_TEST(play("/d/play").status == 502);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(locations_are_resolved, stream_fixture) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"/x/a.mkv", "/x/a.mkv"},    {"b.mkv", "/d/b.mkv"},        {"../c.mkv", "/c.mkv"},
      {"./d.mkv", "/d/d.mkv"},     {"../../../e.mkv", "/e.mkv"}, {"f.mkv?q=1", "/d/f.mkv?q=1"},
      {"g h.mkv", "/d/g%20h.mkv"}, {"i.mkv#part", "/d/i.mkv"},   {"\xc3\xbc.mkv", "/d/%C3%BC.mkv"},
      {"?other", "/d/play?other"},
  };
  for (const auto& [location, target] : table) {
    BOOST_TEST_CONTEXT(location) {
      origin.set("/d/play", {});
      origin.set(target, {.size = 1000, .seed = 9});
      origin.set("/d/play?q=" + target, moved(location));
      check_whole(play("/d/play?q=" + target), 9, 1000);
      BOOST_TEST(last_request().target == target);
    }
  }
  millrace::origin::server other;
  other.set("/a.mkv", {.size = 1000, .seed = 9});
  origin.set("/abs", moved(other.url("/a.mkv")));
  origin.set("/scheme", moved("//127.0.0.1:" + std::to_string(other.port()) + "/a.mkv"));
  check_whole(play("/abs"), 9, 1000);
  check_whole(play("/scheme"), 9, 1000);
}

BOOST_FIXTURE_TEST_CASE(the_number_of_hops_is_limited, stream_fixture) {
  for (std::uint64_t hops = 1; hops <= 5; ++hops) {
    for (const bool absolute : {false, true}) {
      BOOST_TEST_CONTEXT(hops << " hops") {
        const auto path = "/chain" + std::to_string(hops) + (absolute ? "a" : "r");
        origin.set(path,
                   {.size = size,
                    .redirect = {{.to = redirection::kind::chain, .hops = hops, .absolute = absolute}}});
        const auto response = play(path);
        if (hops <= 3) {
          check_whole(response, 1, size);
        } else {
          check_problem(response, 502, "redirect");
          BOOST_TEST(count(*this, path) == 4U);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_hop_at_all) {
  auto config = stream_settings();
  config.upstream.max_redirects = 0;
  stream_fixture on(config);
  on.origin.set("/a.mkv", {.size = 1000});
  on.origin.set("/play", moved("/a.mkv"));
  check_problem(on.play("/play"), 502, "redirect");
  check_whole(on.play("/a.mkv"), 1, 1000);
}

BOOST_FIXTURE_TEST_CASE(redirects_that_lead_nowhere, stream_fixture) {
  origin.set("/loop", {.redirect = {{.to = redirection::kind::loop}}});
  origin.set("/self", moved("/self"));
  origin.set("/missing", {.redirect = {{.to = redirection::kind::missing}}});
  origin.set("/empty", moved(""));
  origin.set("/ftp", moved("ftp://127.0.0.1/a.mkv"));
  origin.set("/file", moved("file:///etc/passwd"));
  origin.set("/data", moved("data:text/plain,a"));
  origin.set("/port", moved("http://127.0.0.1:0/a.mkv"));
  origin.set("/host", moved("http://"));
  for (const std::string path :
       {"/loop", "/self", "/missing", "/empty", "/ftp", "/file", "/data", "/port", "/host"}) {
    BOOST_TEST_CONTEXT(path) {
      check_problem(play(path), 502, "redirect");
      // It will not be otherwise the next time: no retries.
      BOOST_TEST(count(*this, path) <= 4U);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(the_final_url_is_remembered, stream_fixture) {
  origin.set("/a.mkv", {.size = size});
  origin.set("/play", moved("/a.mkv"));
  check_whole(play("/play"), 1, size);
  BOOST_TEST(count(*this, "/play") == 1U);
  check_whole(play("/play"), 1, size);
  const auto part = play("/play", "Range: bytes=5-9\r\n");
  BOOST_TEST(has_content(part, 1, 5, 5));
  BOOST_TEST(count(*this, "/play") == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_expired_final_url_is_resolved_again, stream_fixture) {
  for (const int status : {401, 403, 404, 410}) {
    BOOST_TEST_CONTEXT(status) {
      const auto path = "/ticket" + std::to_string(status);
      origin.set(path,
                 {.size = size,
                  .redirect = {{.to = redirection::kind::expiring, .uses = 1000, .expired_status = status}}});
      check_whole(play(path), 1, size);
      // The tickets that were given out are used up now.
      origin.update(path, [](auto& rules) { rules.redirect->uses = 0; });
      check_problem(play(path), status, "upstream");
      origin.update(path, [](auto& rules) { rules.redirect->uses = 1000; });
      check_whole(play(path), 1, size);
    }
  }
}

// The ticket runs out in the middle, again and again; each time a new one is fetched.
BOOST_FIXTURE_TEST_CASE(tickets_that_expire_in_the_middle, stream_fixture) {
  for (const std::uint64_t uses : {2U, 3U, 5U}) {
    BOOST_TEST_CONTEXT(uses) {
      const auto path = "/few" + std::to_string(uses);
      origin.set(path,
                 {.size = size, .seed = 3, .redirect = {{.to = redirection::kind::expiring, .uses = uses}}});
      check_whole(play(path, {}, "connections=1&"), 3, size);
      BOOST_TEST(count(*this, path) > size / (256 * kibi));
      check_whole(play(path), 3, size);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_final_url_that_breaks_is_resolved_again, stream_fixture) {
  millrace::origin::server other;
  other.set("/a.mkv", {.size = size, .seed = 4});
  origin.set("/a.mkv", {.size = size, .seed = 4});
  origin.set("/play", moved(other.url("/a.mkv")));
  check_whole(play("/play"), 4, size);
  other.stop();
  origin.set("/play", moved("/a.mkv"));
  check_whole(play("/play"), 4, size);
}

BOOST_AUTO_TEST_SUITE_END()
