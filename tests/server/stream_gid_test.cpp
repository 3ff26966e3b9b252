// GET|HEAD|OPTIONS /stream?gid=: a task plays as its URL would.

#include "server/rpc_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(stream_gid_test)

namespace {

constexpr std::uint64_t size = 4 * mebi;
constexpr std::uint64_t seed = 24;

struct fixture : rpc_fixture {
  explicit fixture(const settings& config = stream_settings()) : rpc_fixture(config) {
    origin.set("/a.mkv", {.size = size, .seed = seed, .content_type = "video/x-matroska"});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_gid_plays_as_its_url_does, fixture) {
  const auto gid = add("/a.mkv");
  const auto by_gid = get(gid), by_url = play("/a.mkv");
  check_whole(by_gid, seed, size);
  for (const auto* name :
       {"Content-Type", "Content-Length", "Accept-Ranges", "ETag", "Last-Modified", "Content-Disposition"})
    BOOST_TEST(by_gid.header(name).value_or("-") == by_url.header(name).value_or("-"), name);
  BOOST_TEST(by_gid.header("X-Stream-ID").value_or("") != by_url.header("X-Stream-ID").value_or(""));
  const auto part = get(gid, "Range: bytes=1000000-1000009\r\n");
  BOOST_TEST(part.status == 206);
  BOOST_TEST(part.header("Content-Range").value_or("") == "bytes 1000000-1000009/" + std::to_string(size));
  BOOST_TEST(has_content(part, seed, 1'000'000, 10));
  BOOST_TEST(get(gid, "If-None-Match: " + by_gid.header("ETag").value_or("") + "\r\n").status == 304);
  const auto head = server.request("HEAD", of(gid));
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.header("Content-Length").value_or("") == std::to_string(size));
}

BOOST_FIXTURE_TEST_CASE(a_playlist_is_played_as_hls, fixture) {
  origin.set("/m.m3u8", {.text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n1.ts\n#EXT-X-ENDLIST\n",
                         .content_type = "application/vnd.apple.mpegurl"});
  const auto gid = add("/m.m3u8");
  const auto response = get(gid);
  BOOST_TEST(response.status == 307);
  const auto where = response.header("Location").value_or("");
  BOOST_TEST(where.starts_with("hls/"), where);
  const auto playlist = server.request("GET", "/" + where);
  BOOST_TEST(playlist.status == 200);
  BOOST_TEST(playlist.body.find("1.ts?client_id=") != std::string::npos, playlist.body);
}

BOOST_FIXTURE_TEST_CASE(unknown_and_malformed_gids, fixture) {
  check_problem(get("0123456789abcdef"), 404, "not-found");
  for (const std::string bad : {"", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdef0", "xyz"}) {
    const auto response = get(bad);
    check_problem(response, 400, "bad-request");
    BOOST_TEST(problem_member(response, "detail").starts_with("gid:"), bad);
  }
  const auto gid = add("/a.mkv");
  const auto both = server.request("GET", of(gid, "&url=" + origin.url("/a.mkv")));
  check_problem(both, 400, "bad-request");
  BOOST_TEST(problem_member(both, "detail").starts_with("gid:"));
}

BOOST_FIXTURE_TEST_CASE(parameters_of_the_request_come_first, fixture) {
  const auto gid = add("/a.mkv", R"(,{"out":"task.mkv","header":["X-One: task","X-Two: task"]})");
  const auto response =
      server.request("GET", of(gid, "&filename=mine.mkv&header=X-One:%20mine&client_id=me"));
  check_whole(response, seed, size);
  BOOST_TEST(response.header("Content-Disposition").value_or("").find("mine.mkv") != std::string::npos);
  BOOST_TEST(response.header("X-Client-ID").value_or("") == "me");
  BOOST_TEST(last_request().header("X-One").value_or("") == "mine");
  BOOST_TEST(last_request().header("X-Two").value_or("") == "task");
  check_problem(server.request("GET", of(gid, "&connections=0")), 400, "bad-request");
}

BOOST_FIXTURE_TEST_CASE(a_mirror_of_the_request_helps_out, fixture) {
  const auto gid = add("/a.mkv");
  origin.set("/b.mkv", {.size = size, .seed = seed});
  origin.set("/a.mkv", {.status = {{.status = 404}}});
  check_whole(server.request("GET", of(gid, "&mirror=" + encoded(origin.url("/b.mkv")))), seed, size);
}

// The least of what server, task and request allow.
BOOST_FIXTURE_TEST_CASE(connections_are_limited_by_the_task, fixture) {
  const auto most = [&](const std::string& options, const std::string& more) {
    const auto path = "/" + std::to_string(options.size()) + "-" + std::to_string(more.size());
    origin.set(path, {.size = 2 * mebi, .seed = seed, .rate = 2 * mebi});
    const auto gid = add(path, options);
    BOOST_TEST(origin.wait_until([&] { return origin.of(path).active_requests == 0; }));
    viewer player(server.port(), of(gid, more));
    std::uint64_t seen = 0;
    BOOST_TEST(player.read_until([&] {
      seen = std::max<std::uint64_t>(seen, origin.of(path).active_requests);
      return player.received() == 2 * mebi;
    }));
    return seen;
  };
  BOOST_TEST(most(R"(,{"split":"1"})", {}) == 1U);
  BOOST_TEST(most(R"(,{"max-connection-per-server":"16","split":"16"})", "&connections=1") == 1U);
  BOOST_TEST(most(R"(,{"split":"16"})", {}) <= 4U);
}

// A page must not read the home network through a task either.
BOOST_FIXTURE_TEST_CASE(web_pages_read_what_they_may, fixture) {
  const auto gid = add("/a.mkv");
  BOOST_TEST(get(gid).header("Access-Control-Allow-Origin").value_or("") == "*");
  const auto preflight = server.request("OPTIONS", of(gid), "Origin: http://page.test\r\n");
  BOOST_TEST(preflight.status == 204);
  BOOST_TEST(preflight.header("Access-Control-Allow-Origin").value_or("") == "*");
}

BOOST_AUTO_TEST_SUITE_END()
