#include "live/source_opener.hpp"

#include "upstream/origin_fixture.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using origin::head_fault;

BOOST_AUTO_TEST_SUITE(source_opener_test)

namespace {

struct fixture : upstream::origin_fixture {
  std::unique_ptr<upstream::remote_file> file;

  void open(const std::vector<std::string>& targets) {
    std::vector<url> urls;
    for (const auto& each : targets)
      urls.push_back(at(each));
    file = std::make_unique<upstream::remote_file>(with, here, profile(), std::move(urls));
  }
  fetch_result<live::connection> rival(std::chrono::milliseconds patience) {
    return run(
        live::open_with_rival(*file, 0, live::rival{1, patience}, std::chrono::steady_clock::now() + 20s));
  }
};

origin::behaviour body() {
  return {.size = 1'000, .body_framing = origin::framing::chunked};
}

origin::behaviour hanging() {
  return {.head = {{.what = head_fault::kind::never}}};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(one_source, fixture) {
  server.set("/a", body());
  open({"/a", "/missing"});
  const auto good = run(live::open_live(*file, 0));
  BOOST_REQUIRE(good.has_value());
  BOOST_TEST((good->source == at("/a")));
  BOOST_TEST(!good->answer.partial);
  BOOST_TEST(!server.requests("/a").front().header("Range").has_value());
  const auto bad = run(live::open_live(*file, 1));
  BOOST_TEST(bad.error().status == 404);
}

BOOST_FIXTURE_TEST_CASE(the_rival_is_not_asked_in_time, fixture) {
  server.set("/a", body());
  server.set("/b", body());
  open({"/a", "/b"});
  const auto opened = rival(2s);
  BOOST_REQUIRE(opened.has_value());
  BOOST_TEST((opened->source == at("/a")));
  BOOST_TEST(server.of("/b").requests == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_rival_overtakes, fixture) {
  server.set("/a", hanging());
  server.set("/b", body());
  open({"/a", "/b"});
  const auto opened = rival(20ms);
  BOOST_REQUIRE(opened.has_value());
  BOOST_TEST((opened->source == at("/b")));
  // The loser is given up.
  BOOST_TEST(server.wait_until([&] { return server.of("/a").open_connections == 0; }));
}

BOOST_FIXTURE_TEST_CASE(the_rival_fails, fixture) {
  auto late = body();
  late.delay = 200ms;
  server.set("/a", late);
  open({"/a", "/missing"});
  const auto opened = rival(10ms);
  BOOST_REQUIRE(opened.has_value());
  BOOST_TEST((opened->source == at("/a")));
  BOOST_TEST(server.requests("/missing").size() == 1U);
}

// The caller goes on with its plan then; the rival's turn comes by itself.
BOOST_FIXTURE_TEST_CASE(the_first_fails_at_once, fixture) {
  server.set("/b", body());
  open({"/missing", "/b"});
  const auto opened = rival(2s);
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST(opened.error().status == 404);
  BOOST_TEST(server.of("/b").requests == 0U);
}

BOOST_FIXTURE_TEST_CASE(both_fail, fixture) {
  server.set("/a", {.delay = 150ms, .status = {{.status = 410}}});
  open({"/a", "/missing"});
  const auto opened = rival(10ms);
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST(opened.error().status == 410);
}

BOOST_AUTO_TEST_SUITE_END()
