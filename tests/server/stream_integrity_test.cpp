// The bytes sent are exactly the upstream's bytes of that range: other versions, lies and cut responses.

#include "server/stream_support.hpp"

using namespace millrace;
using namespace millrace::test;
using origin::lie;

BOOST_AUTO_TEST_SUITE(stream_integrity_test)

namespace {

constexpr std::uint64_t size = 4 * mebi;
constexpr std::uint64_t seed = 6;

/// Every chunk from this request on sees the other version.
origin::behaviour changing(origin::change now) {
  return {.size = size, .seed = seed, .rate = 16 * mebi, .changes = {std::move(now)}};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(files_of_all_sizes_come_whole, stream_fixture) {
  for (const std::uint64_t each : {1ULL, 2ULL, 1023ULL, 65'535ULL, 65'536ULL, 65'537ULL, 131'072ULL,
                                   262'143ULL, 262'145ULL, 1'048'576ULL, 7'654'321ULL}) {
    BOOST_TEST_CONTEXT(each) {
      origin.set("/a.mkv", {.size = each, .seed = each});
      check_whole(play("/a.mkv", {}, "filename=" + std::to_string(each) + "&"), each, each);
      // Anything learnt about it is outdated now: the next answer has another size.
    }
  }
}

BOOST_FIXTURE_TEST_CASE(body_framings_and_old_servers, stream_fixture) {
  using origin::framing;
  for (const auto how : {framing::content_length, framing::chunked, framing::until_close}) {
    for (const bool old : {false, true}) {
      for (const bool keep : {false, true}) {
        BOOST_TEST_CONTEXT(static_cast<int>(how) << (old ? " 1.0" : " 1.1") << (keep ? " kept" : " closed")) {
          origin.set("/a.mkv", {.size = 1 * mebi,
                                .seed = seed,
                                .body_framing = how,
                                .http_1_0 = old,
                                .keep_alive = keep,
                                .interim = 2});
          check_whole(play("/a.mkv"), seed, 1 * mebi);
        }
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(another_version_cuts_the_response, stream_fixture) {
  const std::vector<origin::change> changes{
      {.seed = seed + 1, .when = {.from = 4}},
      {.seed = seed + 1, .when = {.first_byte_from = 2 * mebi}},
      {.etag = "\"other\"", .when = {.from = 4}},
      {.etag = "", .when = {.from = 4}},
      {.size = size + 1, .when = {.from = 4}},
      {.size = size - 1, .when = {.from = 4}},
      {.size = size / 2, .when = {.from = 4}},
      {.size = size * 2, .etag = "\"g6-400000\"", .when = {.from = 4}},
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    BOOST_TEST_CONTEXT("change " << i) {
      origin.set("/a.mkv", changing(changes[i]));
      check_cut(play("/a.mkv"), seed);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(only_last_modified_tells_versions_apart, stream_fixture) {
  auto rules =
      changing({.seed = seed + 1, .last_modified = "Wed, 03 Jan 2024 03:04:05 GMT", .when = {.from = 4}});
  rules.etag = "";
  origin.set("/a.mkv", rules);
  check_cut(play("/a.mkv"), seed);
  // Under an equal strong ETag another date is no other version.
  origin.set("/b.mkv", changing({.last_modified = "Wed, 03 Jan 2024 03:04:05 GMT", .when = {.from = 4}}));
  check_whole(play("/b.mkv"), seed, size);
  // A weak one does not count, the date does.
  rules = changing({.seed = seed + 1, .last_modified = "Wed, 03 Jan 2024 03:04:05 GMT", .when = {.from = 4}});
  rules.etag = "W/\"same\"";
  origin.set("/c.mkv", rules);
  check_cut(play("/c.mkv"), seed);
}

BOOST_FIXTURE_TEST_CASE(what_was_learnt_of_the_old_version_is_forgotten, stream_fixture) {
  origin.set("/a.mkv", changing({.size = size + 4096, .seed = seed + 1, .when = {.from = 4}}));
  check_cut(play("/a.mkv"), seed);
  check_whole(play("/a.mkv"), seed + 1, size + 4096);
  const auto tail = play("/a.mkv", "Range: bytes=-300000\r\n");
  BOOST_TEST(tail.status == 206);
  BOOST_TEST(has_content(tail, seed + 1, size + 4096 - 300'000, 300'000));
}

BOOST_FIXTURE_TEST_CASE(a_new_version_between_two_requests_is_served, stream_fixture) {
  for (std::uint64_t version = 0; version < 4; ++version) {
    const auto now = size - version * 1'000'003;
    origin.set("/a.mkv", {.size = now, .seed = version});
    check_whole(play("/a.mkv"), version, now);
    const auto tail = play("/a.mkv", "Range: bytes=-400000\r\n");
    BOOST_TEST(has_content(tail, version, now - 400'000, 400'000));
  }
  // Grown and shrunk under a suffix that the last size made into an offset.
  for (const std::uint64_t now : {size * 2, size / 2}) {
    BOOST_TEST_CONTEXT(now) {
      origin.set("/a.mkv", {.size = now, .seed = 20});
      const auto tail = play("/a.mkv", "Range: bytes=-400000\r\n");
      BOOST_TEST(tail.status == 206);
      BOOST_TEST(has_content(tail, 20, now - 400'000, 400'000));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(lies_in_the_middle_never_reach_the_client, stream_fixture) {
  for (const auto about : {lie::kind::ignore_range, lie::kind::wrong_start, lie::kind::wrong_total,
                           lie::kind::unknown_total, lie::kind::shorter, lie::kind::no_content_range}) {
    BOOST_TEST_CONTEXT("lie " << static_cast<int>(about)) {
      origin.set(
          "/a.mkv",
          {.size = size, .seed = seed, .rate = 16 * mebi, .lies = {{.about = about, .when = {.from = 4}}}});
      check_cut(play("/a.mkv"), seed);
      // Once only: whether it is asked again or given up, nothing wrong is sent.
      origin.set("/b.mkv", {.size = size,
                            .seed = seed,
                            .rate = 16 * mebi,
                            .lies = {{.about = about, .when = {.from = 4, .times = 1}}}});
      const auto response = play("/b.mkv");
      BOOST_TEST(has_content(response, seed, 0, response.body.size()));
      BOOST_TEST(response.complete == (response.body.size() == size));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(lies_in_the_first_answer_are_errors, stream_fixture) {
  for (const auto about : {lie::kind::wrong_start, lie::kind::shorter, lie::kind::no_content_range}) {
    BOOST_TEST_CONTEXT("lie " << static_cast<int>(about)) {
      origin.set("/a.mkv", {.size = size, .lies = {{.about = about}}});
      check_problem(play("/a.mkv"), 502, "upstream");
    }
  }
}

// Content delivery networks: edges of one name hold different versions. The one that gave the first answer is
// asked again, and when it has another version too, the response is cut.
BOOST_AUTO_TEST_CASE(another_edge_with_another_version) {
  for (const bool first_changes_too : {false, true}) {
    dns_server names;
    auto config = stream_settings();
    config.upstream.dns_servers = {names.address()};
    stream_fixture on(config, {.addresses = {"127.0.0.1", "127.0.0.2"}});
    const auto resolve_to = [&](const std::string& address) {
      names.set("edge.test", dns_server::type::a, {dns_server::kind::addresses, {address}, 0});
      names.set("edge.test", dns_server::type::aaaa, {dns_server::kind::addresses, {}, 0});
    };
    resolve_to("127.0.0.1");
    origin::behaviour rules{.size = size, .seed = seed, .rate = 768 * kibi, .keep_alive = false};
    rules.changes = {{.seed = seed + 1, .when = {.server = "127.0.0.2"}}};
    if (first_changes_too) rules.changes = {{.seed = seed + 1, .when = {.first_byte_from = 2 * mebi}}};
    on.origin.set("/a.mkv", rules);
    raw_client client(on.server.port());
    client.get("/stream?connections=2&url=http://edge.test:" + std::to_string(on.origin.port()) + "/a.mkv");
    auto response = client.receive(false, 100'000);
    resolve_to("127.0.0.2");  // which counts as soon as the first answer is a second old
    response.body += client.read(size - response.body.size());
    BOOST_TEST((response.body == origin::content_of(seed, 0, response.body.size())));
    const auto requests = on.origin.requests();
    const auto at = [&](const std::string& address) {
      return std::count_if(requests.begin(), requests.end(),
                           [&](const auto& each) { return each.server == address; });
    };
    BOOST_TEST(at("127.0.0.2") > 0);
    BOOST_TEST((response.body.size() == size) == !first_changes_too);
    // Each answer of the wrong edge was asked for once more at the right one.
    if (!first_changes_too) BOOST_TEST(at("127.0.0.1") > at("127.0.0.2"));
  }
}

BOOST_FIXTURE_TEST_CASE(another_version_is_asked_again_before_the_response_is_cut, stream_fixture) {
  origin.set(
      "/a.mkv",
      {.size = size, .seed = seed, .changes = {{.etag = "\"other\"", .when = {.from = 5, .times = 1}}}});
  check_whole(play("/a.mkv"), seed, size);
}

BOOST_AUTO_TEST_SUITE_END()
