// What web pages may do: every route, pages that nobody named and pages that an --allow-origin names (Fetch
// Standard §3.2, WICG Private Network Access).

#include "server/router.hpp"
#include "server/stream_support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

const std::string app = "https://app.example";
const std::string extension = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";

std::string from(const std::string& origin) {
  return "Origin: " + origin + "\r\n";
}

std::string said(const raw_response& response, const std::string& name) {
  return response.header(name).value_or("-");
}

settings named(std::vector<std::string> origins) {
  auto config = stream_settings();
  config.access.allow_origins = std::move(origins);
  return config;
}

struct named_fixture : stream_fixture {
  named_fixture() : stream_fixture(named({app, extension})) {}
};

/// Each route with something in its holes.
std::string path_of(const server::route& route) {
  std::string path(route.pattern);
  for (auto hole = path.find("{}"); hole != std::string::npos; hole = path.find("{}"))
    path.replace(hole, 2, "x");
  return path;
}

void check_no_cors(const raw_response& response) {
  for (const auto* name :
       {"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
        "Access-Control-Allow-Credentials", "Access-Control-Allow-Private-Network"})
    BOOST_TEST(said(response, name) == "-", name);
}

const std::string preflight_lines =
    "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,x-api-token\r\n"
    "Access-Control-Request-Private-Network: true\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(cross_site_test)

BOOST_FIXTURE_TEST_CASE(foreign_pages_change_nothing_on_any_route, named_fixture) {
  for (const auto& route : server::routes()) {
    const auto path = path_of(route);
    for (const std::string method : {"POST", "DELETE", "PUT", "PATCH"}) {
      for (const std::string origin :
           {"http://evil.example", "null", "https://app.example.evil.example", "http://app.example",
            "https://app.example:444", "chrome-extension://other", "file://"}) {
        BOOST_TEST_CONTEXT(method << ' ' << path << " from " << origin) {
          const auto response = server.request(method, path, from(origin));
          BOOST_TEST(response.status == 403);
          BOOST_TEST(problem_member(response, "code") == "forbidden");
          if (!route.media) check_no_cors(response);
        }
      }
      BOOST_TEST(server.request(method, path, from(app) + from("http://evil.example")).status == 403);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(foreign_pages_read_no_control_response, named_fixture) {
  for (const auto& route : server::routes()) {
    if (route.media) continue;
    BOOST_TEST_CONTEXT(route.pattern) {
      const auto response = server.request("GET", path_of(route), from("http://evil.example"));
      check_no_cors(response);
      BOOST_TEST(said(response, "Vary") == "Origin");
      const auto preflight =
          server.request("OPTIONS", path_of(route), from("http://evil.example") + preflight_lines);
      BOOST_TEST(preflight.status == 204);
      check_no_cors(preflight);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(named_pages_use_the_whole_control_plane, named_fixture) {
  for (const auto& route : server::routes()) {
    if (route.media) continue;
    for (const auto& origin : {app, extension, std::string("HTTPS://App.example"), app + ":443"}) {
      BOOST_TEST_CONTEXT(route.pattern << " from " << origin) {
        const auto preflight = server.request("OPTIONS", path_of(route), from(origin) + preflight_lines);
        BOOST_TEST(preflight.status == 204);
        BOOST_TEST(said(preflight, "Access-Control-Allow-Origin") == origin);
        BOOST_TEST(said(preflight, "Vary") == "Origin");
        BOOST_TEST(said(preflight, "Access-Control-Allow-Private-Network") == "true");
        BOOST_TEST(said(preflight, "Access-Control-Allow-Methods") == said(preflight, "Allow"));
        for (const auto* name : {"X-API-Token", "Authorization", "Content-Type"})
          BOOST_TEST(said(preflight, "Access-Control-Allow-Headers").find(name) != std::string::npos, name);
        for (const std::string method : {"GET", "POST", "DELETE"}) {
          const auto response = server.request(method, path_of(route), from(origin));
          BOOST_TEST(response.status != 403);
          BOOST_TEST(said(response, "Access-Control-Allow-Origin") == origin);
          BOOST_TEST(said(response, "Vary") == "Origin");
        }
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(errors_can_be_read_by_named_pages, named_fixture) {
  BOOST_TEST(said(server.request("GET", "/nothing", from(app)), "Access-Control-Allow-Origin") == app);
  const auto bad = server.request("POST", "/streams", from(app) + "Content-Length: 0\r\n");
  BOOST_TEST(bad.status == 400);
  BOOST_TEST(said(bad, "Access-Control-Allow-Origin") == app);
  const auto large = server.request("POST", "/streams", from(app) + "Content-Length: 2000000\r\n");
  BOOST_TEST(large.status == 413);
  BOOST_TEST(said(large, "Access-Control-Allow-Origin") == app);
}

BOOST_AUTO_TEST_CASE(refusals_of_tokens_can_be_read_by_named_pages) {
  auto config = named({app});
  config.access.api_token = "t";
  const running_server server(config);
  const auto refused = server.request("GET", "/stats", from(app));
  BOOST_TEST(refused.status == 401);
  BOOST_TEST(said(refused, "Access-Control-Allow-Origin") == app);
  BOOST_TEST(server.request("OPTIONS", "/streams", from(app) + preflight_lines).status == 204);
  BOOST_TEST(server.request("GET", "/stats", from(app) + "X-API-Token: t\r\n").status == 200);
  // The token does not replace the name of the page.
  BOOST_TEST(server.request("POST", "/streams", from("http://evil.example") + "X-API-Token: t\r\n").status ==
             403);
}

BOOST_AUTO_TEST_CASE(a_star_names_all_pages) {
  const running_server server(named({"*"}));
  for (const std::string origin : {"http://evil.example", "null", "moz-extension://a"}) {
    const auto response = server.request("GET", "/stats", from(origin));
    BOOST_TEST(response.status == 200);
    BOOST_TEST(said(response, "Access-Control-Allow-Origin") == "*");
    BOOST_TEST(said(response, "Vary") == "Origin");
    BOOST_TEST(server.request("POST", "/streams", from(origin)).status == 400);
    BOOST_TEST(said(server.request("OPTIONS", "/streams", from(origin)), "Access-Control-Allow-Origin") ==
               "*");
  }
}

BOOST_AUTO_TEST_CASE(own_pages_and_programs_need_no_cors) {
  const running_server server(named({app}));
  const auto host = "127.0.0.1:" + std::to_string(server.port());
  const auto ask = [&](const std::string& origin_line) {
    raw_client client(server.port());
    client.send("POST /streams HTTP/1.1\r\nHost: " + host + "\r\n" + origin_line +
                "Content-Length: 0\r\n\r\n");
    return client.receive();
  };
  for (const auto& line : {std::string(), from("http://" + host)}) {
    const auto response = ask(line);
    BOOST_TEST(response.status == 400);
    check_no_cors(response);
    BOOST_TEST(said(response, "Vary") == "Origin");
  }
  BOOST_TEST(ask(from("http://127.0.0.1")).status == 403);
}

BOOST_AUTO_TEST_CASE(without_named_pages_nothing_is_said) {
  const running_server server;
  const auto response = server.request("GET", "/stats", from(app));
  check_no_cors(response);
  BOOST_TEST(said(response, "Vary") == "-");
}

BOOST_FIXTURE_TEST_CASE(media_say_the_same_to_all_pages, named_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  for (const auto& page : {app, std::string("http://evil.example")}) {
    const auto played = play("/a.mkv", from(page));
    check_whole(played, 1, 1000);
    BOOST_TEST(said(played, "Access-Control-Allow-Origin") == "*");
    BOOST_TEST(said(played, "Vary") == "-");
    const auto preflight = server.request("OPTIONS", target("/a.mkv"), from(page) + preflight_lines);
    BOOST_TEST(preflight.status == 204);
    BOOST_TEST(said(preflight, "Access-Control-Allow-Origin") == "*");
    BOOST_TEST(said(preflight, "Access-Control-Allow-Private-Network") == "-");
    for (const auto* path : {"/stream/x", "/hls/x/y.ts"}) {
      const auto answer = server.request("OPTIONS", path, from(page) + preflight_lines);
      BOOST_TEST(said(answer, "Access-Control-Allow-Origin") == "*");
      BOOST_TEST(said(answer, "Access-Control-Allow-Private-Network") == "-");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_named_page_does_not_read_the_home_network) {
  auto config = named({app, "*"});
  config.upstream.allow = {};
  const running_server server(config);
  BOOST_TEST(server.request("OPTIONS", "/stream?url=http://10.255.255.1/a", from(app)).status == 403);
  const auto failed = server.request("GET", "/stream?url=http://127.0.0.1:1/a", from(app));
  check_problem(failed, 403, "upstream-forbidden");
  check_no_cors(failed);
}

BOOST_FIXTURE_TEST_CASE(refused_pages_are_counted, named_fixture) {
  BOOST_TEST(server.request("POST", "/streams", from("http://evil.example")).status == 403);
  BOOST_TEST(server.shared().statistics.objected(registry::objection::origin) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
