#include "server/api_token.hpp"

#include "server/router.hpp"
#include "server/stream_support.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using namespace millrace;
using namespace millrace::test;
namespace data = boost::unit_test::data;

namespace {

const std::string secret = "s3cret+%&";
const std::string in_query = "s3cret+%25%26";
const std::string right = "X-API-Token: " + secret + "\r\n";
const std::string wrong = "X-API-Token: s3cret\r\n";

settings guarded(settings config = stream_settings()) {
  config.access.api_token = secret;
  return config;
}

struct guarded_fixture : stream_fixture {
  guarded_fixture() : stream_fixture(guarded()) {}

  std::string post(const std::string& url) {
    raw_client client(server.port());
    const auto body = R"({"url": ")" + url + R"("})";
    client.get("/streams", right + "Content-Length: " + std::to_string(body.size()) + "\r\n", "POST");
    client.send(body);
    return problem_member(client.receive(), "stream_id");
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(api_token_test)

BOOST_AUTO_TEST_CASE(only_the_token_matches) {
  const server::api_token token("secret");
  BOOST_TEST(token.is_set());
  BOOST_TEST(token.matches("secret"));
  for (const auto* other : {"", "Secret", "secre", "secrets", "secret ", " secret"})
    BOOST_TEST(!token.matches(other), other);
  BOOST_TEST(!token.matches(std::string("secret\0", 7)));
  const server::api_token none("");
  BOOST_TEST(!none.is_set());
  BOOST_TEST(!none.matches(""));
}

struct query_sample {
  const char* path;
  const char* query;
  std::vector<std::string> tokens;
  friend std::ostream& operator<<(std::ostream& to, const query_sample& s) {
    return to << s.path << '?' << s.query;
  }
};

const std::vector<query_sample> query_samples{
    {"/stats", "", {}},
    {"/stats", "api_token=a", {"a"}},
    {"/stats", "api_token=", {}},
    {"/stats", "api_token", {}},
    {"/stats", "limit=1&api_token=a%2Bb+c%25&x", {"a+b+c%"}},
    {"/stats", "%61pi_token=a", {"a"}},
    {"/stats", "API_TOKEN=a", {}},
    {"/stats", "xapi_token=a&api_token2=b", {}},
    {"/stats", "api_token=a&api_token=b", {"a", "b"}},
    {"/stats", "api_token=%2561", {"%61"}},
    {"/stats", "&&api_token=a&", {"a"}},
    {"/stats", "url=http://x/&api_token=a", {"a"}},
    {"/stream", "url=http%3A%2F%2Fx%2F&api_token=a", {"a"}},
    {"/stream", "api_token=a&url=http://x/", {"a"}},
    {"/stream", "url=http://x/?y&api_token=a", {}},
    {"/stream", "url=https://x/?y&api_token=a", {}},
    {"/stream", "connections=2&url=http://x/?y&api_token=a", {}},
    {"/stream", "client_id=url=http://x/&api_token=a", {"a"}},
    {"/stream", "api_token=url=http://x/", {"url=http://x/"}},
};

BOOST_DATA_TEST_CASE(queries, data::make(query_samples), s) {
  const auto found = server::query_tokens(s.path, s.query);
  BOOST_TEST((found == s.tokens), found.size() << " found");
}

struct field_sample {
  const char* name;
  const char* value;
  const char* token;  ///< "" for none
  friend std::ostream& operator<<(std::ostream& to, const field_sample& s) {
    return to << s.name << ": " << s.value;
  }
};

const field_sample field_samples[] = {
    {"X-API-Token", "a", "a"},
    {"x-api-token", "a b", "a b"},
    {"X-API-Token", "", ""},
    {"Authorization", "Bearer a", "a"},
    {"authorization", "bEARER   a", "a"},
    {"Authorization", "Bearer", ""},
    {"Authorization", "Bearer ", ""},
    {"Authorization", "Basic YTpi", ""},
    {"Authorization", "Bearera", ""},
    {"Proxy-Authorization", "Bearer a", ""},
    {"Cookie", "api_token=a", ""},
};

BOOST_DATA_TEST_CASE(fields, data::make(field_samples), s) {
  http::field_list fields;
  fields.add(s.name, s.value);
  const auto found = server::carried_tokens(fields, "/", "");
  BOOST_TEST(found.size() == (*s.token ? 1U : 0U));
  if (!found.empty()) BOOST_TEST(found.front() == s.token);
}

/// What strangers may ask for; everything else is closed, whatever is added to the routes.
bool is_public(const std::string& method, std::string_view pattern) {
  if (pattern == "/jsonrpc") return method == "POST";  // each call carries its own token
  const bool reads = method == "GET" || method == "HEAD";
  return reads && (pattern == "/stream/{}" || pattern == "/hls/{}/{}" || pattern == "/health");
}

BOOST_FIXTURE_TEST_CASE(every_route_is_closed_unless_it_is_open, guarded_fixture) {
  for (const auto& route : server::routes()) {
    std::string path(route.pattern);
    for (auto hole = path.find("{}"); hole != std::string::npos; hole = path.find("{}"))
      path.replace(hole, 2, "x");
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"}) {
      BOOST_TEST_CONTEXT(method << ' ' << path) {
        const bool open = is_public(method, route.pattern);
        const auto stranger = server.request(method, path);
        const auto guess = server.request(method, path, wrong);
        const auto owner = server.request(method, path, right);
        BOOST_TEST((stranger.status == 401) == !open);
        BOOST_TEST((open || guess.status == 403));
        BOOST_TEST(owner.status != 401);
        BOOST_TEST((owner.status != 403 || route.pattern == "/hls/{}/{}"));
        if (open) BOOST_TEST(guess.status == stranger.status);
        if (!open) BOOST_TEST(stranger.header("WWW-Authenticate").value_or("") == "Bearer");
      }
    }
    BOOST_TEST(server.request("OPTIONS", path).status == 204);
  }
}

BOOST_FIXTURE_TEST_CASE(unknown_paths_are_closed, guarded_fixture) {
  for (const auto* path : {"/nothing", "//health", "/health/", "/HEALTH", "/stream/", "/stream//x", "/hls/x",
                           "/hls/x/y/z", "/stats/../health", "/stats%2f..%2fhealth", "/%00health"}) {
    BOOST_TEST_CONTEXT(path) {
      check_problem(server.request("GET", path), 401, "unauthorized");
      check_problem(server.request("GET", path, wrong), 403, "forbidden");
      BOOST_TEST(server.request("GET", path, right).status == 404);
    }
  }
  BOOST_TEST(server.request("GET", "/healt%68").status == 200);
  BOOST_TEST(server.request("GET", "http://x/health").status == 200);
  BOOST_TEST(server.request("GET", "http://x/stats").status == 401);
}

BOOST_FIXTURE_TEST_CASE(a_token_comes_by_field_or_query, guarded_fixture) {
  check_problem(server.request("GET", "/stats"), 401, "unauthorized");
  BOOST_TEST(server.request("GET", "/stats", right).status == 200);
  BOOST_TEST(server.request("GET", "/stats", "Authorization: Bearer " + secret + "\r\n").status == 200);
  BOOST_TEST(server.request("GET", "/stats", "authorization: BEARER " + secret + "\r\n").status == 200);
  BOOST_TEST(server.request("GET", "/stats?api_token=" + in_query).status == 200);
  check_problem(server.request("GET", "/stats?api_token=s3cret"), 403, "forbidden");
  // Another scheme is no token, and a cookie never counts: browsers send it by themselves.
  check_problem(server.request("GET", "/stats", "Authorization: Basic " + secret + "\r\n"), 401,
                "unauthorized");
  check_problem(server.request("GET", "/stats", "Cookie: api_token=" + in_query + "\r\n"), 401,
                "unauthorized");
}

BOOST_FIXTURE_TEST_CASE(one_right_token_is_enough, guarded_fixture) {
  BOOST_TEST(server.request("GET", "/stats", wrong + right).status == 200);
  BOOST_TEST(server.request("GET", "/stats?api_token=wrong", right).status == 200);
  BOOST_TEST(server.request("GET", "/stats", right + "Authorization: Basic eDp5\r\n").status == 200);
  check_problem(server.request("GET", "/stats?api_token=x", wrong), 403, "forbidden");
}

BOOST_FIXTURE_TEST_CASE(refusals_are_counted, guarded_fixture) {
  for (int i = 0; i < 2; ++i)
    server.request("GET", "/stats");
  server.request("GET", "/stats", wrong);
  server.request("GET", "/health", wrong);
  const auto page = server.request("GET", "/metrics", right).body;
  BOOST_TEST(page.find("millrace_requests_refused_total{reason=\"no_token\"} 2\n") != std::string::npos);
  BOOST_TEST(page.find("millrace_requests_refused_total{reason=\"wrong_token\"} 1\n") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(nobody_else_fetches_urls, guarded_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  const auto refused = play("/a.mkv");
  check_problem(refused, 401, "unauthorized");
  BOOST_TEST(refused.header("WWW-Authenticate").value_or("") == "Bearer");
  BOOST_TEST(refused.header("Access-Control-Allow-Origin").value_or("") == "*");
  check_problem(play("/a.mkv", wrong), 403, "forbidden");
  BOOST_TEST(play("/a.mkv", {}, {}, "HEAD").status == 401);
  // A token behind a literal URL belongs to that URL.
  check_problem(play("/a.mkv?api_token=" + in_query), 401, "unauthorized");
  check_problem(server.request("GET", "/stream?gid=0123456789abcdef&url=" + origin.url("/a.mkv")), 401,
                "unauthorized");
  check_problem(server.request("GET", "/stream?gid=0123456789abcdef&mirror=" + origin.url("/a.mkv")), 401,
                "unauthorized");
  BOOST_TEST(origin.requests().empty());
  check_whole(play("/a.mkv", right), 1, 1000);
  check_whole(play("/a.mkv", {}, "api_token=" + in_query + "&"), 1, 1000);
}

// A cache between would hand it out to those who have no token (RFC 9111 §5.2.2.7).
BOOST_FIXTURE_TEST_CASE(what_needs_the_token_is_in_no_shared_cache, guarded_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  const auto id = post(origin.url("/a.mkv"));
  const auto by_url = server.request("GET", "/stream?url=" + origin.url("/a.mkv"), right);
  BOOST_TEST(by_url.status == 200);
  BOOST_TEST(by_url.header("Cache-Control").value_or("") == "private");
  BOOST_TEST(!server.request("GET", "/stream/" + id).header("Cache-Control").has_value());
}

BOOST_FIXTURE_TEST_CASE(the_token_stays_here, guarded_fixture) {
  origin.set("/a.mkv", {.size = 2 * mebi});
  origin.set("/b.mkv", {.size = 1000});
  const std::string elsewhere = "/a.mkv?api_token=theirs";
  check_whole(play(elsewhere, right + "Authorization: Bearer " + secret + "\r\n"), 1, 2 * mebi);
  check_whole(
      server.request("GET", "/stream?url=" + encoded(origin.url("/b.mkv")) + "&api_token=" + in_query), 1,
      1000);
  BOOST_TEST(!origin.requests().empty());
  for (const auto& request : origin.requests()) {
    BOOST_TEST(request.target.find("s3cret") == std::string::npos, request.target);
    const bool first = request.target.starts_with("/a.mkv");
    BOOST_TEST((request.target == elsewhere) == first, request.target);
    for (const auto& [name, value] : request.headers)
      BOOST_TEST(value.find("s3cret") == std::string::npos, name << ": " << value);
  }
  for (const auto* path : {"/stats", "/streams", "/clients", "/metrics", "/", "/health"})
    BOOST_TEST(server.request("GET", path, right).body.find("s3cret") == std::string::npos, path);
}

BOOST_FIXTURE_TEST_CASE(posted_streams_are_open, guarded_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  check_problem(server.request("POST", "/streams"), 401, "unauthorized");
  const auto id = post(origin.url("/a.mkv"));
  BOOST_REQUIRE_EQUAL(id.size(), 32U);
  check_whole(server.request("GET", "/stream/" + id), 1, 1000);
  check_whole(server.request("GET", "/stream/" + id, wrong), 1, 1000);
  BOOST_TEST(server.request("HEAD", "/stream/" + id).status == 200);
  BOOST_TEST(server.request("GET", "/streams/" + id).status == 401);
  check_problem(server.request("DELETE", "/streams/" + id), 401, "unauthorized");
  check_problem(server.request("POST", "/streams/" + id + "/failover"), 401, "unauthorized");
  check_problem(server.request("DELETE", "/hls/" + id + "/clients/x"), 401, "unauthorized");
  check_problem(server.request("DELETE", "/hls/" + id + "/clients/x", wrong), 403, "forbidden");
  BOOST_TEST(server.request("DELETE", "/hls/" + id + "/clients/x", right).status == 404);
  BOOST_TEST(server.request("DELETE", "/streams/" + id, right).status == 200);
}

BOOST_FIXTURE_TEST_CASE(playlists_lead_on_without_a_token, guarded_fixture) {
  origin.set("/live/list.m3u8",
             {.text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nseg.ts\n#EXT-X-ENDLIST\n"});
  origin.set("/live/seg.ts", {.size = 1880});
  const auto id = post(origin.url("/live/list.m3u8"));
  const auto start = "/hls/" + id + "/playlist.m3u8";
  for (const auto& target : {start, start + "?api_token=" + in_query}) {
    const auto list = server.request("GET", target, right);
    BOOST_REQUIRE(list.status == 200);
    BOOST_TEST(list.body.find("api_token") == std::string::npos);
    BOOST_TEST(list.body.find("s3cret") == std::string::npos);
    const auto end = list.body.find("\n#EXT-X-ENDLIST");
    const auto begin = list.body.rfind('\n', end - 1) + 1;
    check_whole(server.request("GET", "/hls/" + id + "/" + list.body.substr(begin, end - begin)), 1, 1880);
  }
  // A direct URL of an HLS stream leads to its playlist, and the token does not come along.
  const auto led = server.request("GET", "/stream/" + id + "?api_token=" + in_query, right);
  if (led.status == 307) BOOST_TEST(led.head.find("s3cret") == std::string::npos);
  BOOST_TEST(led.head.find("api_token") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(strangers_get_no_names_looked_up, guarded_fixture) {
  const auto preflight =
      server.request("OPTIONS", "/stream?url=http://unknown.test/a", "Origin: http://a\r\n");
  BOOST_TEST(preflight.status == 204);
  BOOST_TEST(preflight.header("Access-Control-Allow-Headers").value_or("").find("X-API-Token") !=
             std::string::npos);
  BOOST_TEST(server.request("OPTIONS", "/stream?api_token=" + in_query + "&url=http://10.1.2.3/a").status ==
             403);
}

BOOST_AUTO_TEST_CASE(without_a_token_nothing_is_asked) {
  const running_server server;
  BOOST_TEST(server.request("GET", "/stats").status == 200);
  BOOST_TEST(server.request("GET", "/stats", wrong).status == 200);
  BOOST_TEST(server.request("GET", "/nothing").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
