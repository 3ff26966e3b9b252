// What is sent upstream and what is not: userinfo, the client's own headers, given headers.

#include "server/stream_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(stream_credentials_test)

namespace {

/// The URL of `path` with userinfo.
std::string with_userinfo(const origin::server& at, const std::string& userinfo, std::string_view path) {
  return "http://" + userinfo + "@127.0.0.1:" + std::to_string(at.port()) + std::string(path);
}

std::string sent(const origin::request_record& request, const std::string& name) {
  return request.header(name).value_or("-");
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(userinfo_becomes_basic_authorization, stream_fixture) {
  struct expectation {
    std::string userinfo;
    std::string basic;
  };
  const std::vector<expectation> table{
      {"user:pass", "dXNlcjpwYXNz"},
      {"user", "dXNlcjo="},
      {"user:", "dXNlcjo="},
      {"us%40er:p%3Aa%2Fss", "dXNAZXI6cDphL3Nz"},
  };
  for (const auto& each : table) {
    BOOST_TEST_CONTEXT(each.userinfo) {
      origin.set("/a.mkv", {.size = 1 * mebi, .authorization = "Basic " + each.basic});
      const auto response =
          server.request("GET", "/stream?url=" + with_userinfo(origin, each.userinfo, "/a.mkv"));
      check_whole(response, 1, 1 * mebi);
      BOOST_TEST(sent(last_request(), "Host") == "127.0.0.1:" + std::to_string(origin.port()));
    }
  }
  check_problem(play("/a.mkv"), 401, "upstream");
}

BOOST_FIXTURE_TEST_CASE(the_clients_own_credentials_stay_here, stream_fixture) {
  origin.set("/a.mkv", {.size = 1 * mebi});
  const auto response = play("/a.mkv",
                             "Cookie: own=1\r\nAuthorization: Bearer own\r\nX-API-Token: own\r\n"
                             "Proxy-Authorization: Basic own\r\nReferer: http://own/\r\nX-Own: own\r\n");
  check_whole(response, 1, 1 * mebi);
  for (const auto& request : origin.requests()) {
    for (const auto& [name, value] : request.headers)
      BOOST_TEST(value.find("own") == std::string::npos, name << ": " << value);
    BOOST_TEST(sent(request, "Accept-Encoding") == "identity");
    BOOST_TEST(request.version == "HTTP/1.1");
  }
}

BOOST_FIXTURE_TEST_CASE(the_default_user_agent_is_a_browsers, stream_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  BOOST_TEST(play("/a.mkv", "User-Agent: player/1\r\n").status == 200);
  BOOST_TEST(sent(last_request(), "User-Agent").starts_with("Mozilla/5.0"));
  BOOST_TEST(play("/a.mkv", {}, "header=User-Agent%3A%20mine&").status == 200);
  BOOST_TEST(sent(last_request(), "User-Agent") == "mine");
}

BOOST_FIXTURE_TEST_CASE(given_headers_go_to_every_request, stream_fixture) {
  origin.set("/a.mkv", {.size = 2 * mebi});
  const auto response = play("/a.mkv", {},
                             "header=Referer%3A%20http%3A%2F%2Fsite.test%2F&header=X-A:%20%201%20&"
                             "header=Cookie%3A%20a%3Db&header=Authorization%3A%20Bearer%20given&");
  check_whole(response, 1, 2 * mebi);
  BOOST_TEST(origin.totals().requests > 2U);
  for (const auto& request : origin.requests()) {
    BOOST_TEST(sent(request, "Referer") == "http://site.test/");
    BOOST_TEST(sent(request, "X-A") == "1");
    BOOST_TEST(sent(request, "Cookie") == "a=b");
    BOOST_TEST(sent(request, "Authorization") == "Bearer given");
  }
}

BOOST_FIXTURE_TEST_CASE(credentials_stay_with_the_origin_they_were_given_for, stream_fixture) {
  millrace::origin::server other;
  other.set("/b.mkv", {.size = 2 * mebi});
  origin.set("/here.mkv", {.size = 2 * mebi});
  origin.set("/away", {.redirect = {{.location = other.url("/b.mkv")}}});
  origin.set("/near", {.redirect = {{.location = "/here.mkv"}}});
  const std::string given =
      "header=Cookie%3A%20secret&header=Authorization%3A%20secret&header=X-A%3A%20public&";
  check_whole(play("/away", {}, given), 1, 2 * mebi);
  for (const auto& request : other.requests()) {
    BOOST_TEST(sent(request, "Cookie") == "-");
    BOOST_TEST(sent(request, "Authorization") == "-");
    BOOST_TEST(sent(request, "X-A") == "public");
  }
  check_whole(play("/near", {}, given), 1, 2 * mebi);
  for (const auto& request : origin.requests()) {
    BOOST_TEST(sent(request, "Cookie") == "secret");
    BOOST_TEST(sent(request, "Authorization") == "secret");
  }
}

BOOST_FIXTURE_TEST_CASE(userinfo_is_not_taken_along_to_another_origin, stream_fixture) {
  millrace::origin::server other;
  other.set("/b.mkv", {.size = 1 * mebi});
  origin.set("/away", {.redirect = {{.location = other.url("/b.mkv")}}});
  check_whole(server.request("GET", "/stream?url=" + with_userinfo(origin, "u:secret", "/away")), 1,
              1 * mebi);
  BOOST_TEST(sent(origin.requests("/away").front(), "Authorization") == "Basic dTpzZWNyZXQ=");
  for (const auto& request : other.requests())
    BOOST_TEST(sent(request, "Authorization") == "-");
  // A redirect may bring userinfo of its own.
  origin.set("/own", {.redirect = {{.location = with_userinfo(other, "x:y", "/b.mkv")}}});
  other.update("/b.mkv", [](auto& rules) { rules.authorization = "Basic eDp5"; });
  check_whole(play("/own"), 1, 1 * mebi);
}

BOOST_FIXTURE_TEST_CASE(credentials_stay_away_from_mirrors_elsewhere, stream_fixture) {
  millrace::origin::server other;
  other.set("/b.mkv", {.size = 1 * mebi});
  const auto response =
      play("/missing", {},
           "mirror=" + encoded(other.url("/b.mkv")) + "&header=Cookie%3A%20secret&header=X-A%3A%20public&");
  check_whole(response, 1, 1 * mebi);
  BOOST_TEST(other.requests().size() > 0U);
  for (const auto& request : other.requests()) {
    BOOST_TEST(sent(request, "Cookie") == "-");
    BOOST_TEST(sent(request, "X-A") == "public");
  }
}

// What is learnt is keyed by URL and all request headers sent.
BOOST_FIXTURE_TEST_CASE(what_was_learnt_with_a_header_is_not_used_without, stream_fixture) {
  origin.set("/play", {.redirect = {{.location = "/one.mkv"}}});
  origin.set("/one.mkv", {.size = 1000, .seed = 1});
  origin.set("/two.mkv", {.size = 1000, .seed = 2});
  check_whole(play("/play", {}, "header=Cookie%3A%20one&"), 1, 1000);
  origin.set("/play", {.redirect = {{.location = "/two.mkv"}}});
  check_whole(play("/play", {}, "header=Cookie%3A%20two&"), 2, 1000);
  check_whole(play("/play"), 2, 1000);
  check_whole(play("/play", {}, "header=Cookie%3A%20one&"), 1, 1000);
}

BOOST_AUTO_TEST_SUITE_END()
