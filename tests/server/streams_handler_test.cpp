#include "server/streams_handler.hpp"

#include "server/control_support.hpp"
#include "support/dns_server.hpp"

using namespace millrace;
using namespace millrace::test;
using names = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(streams_handler_test)

namespace {

/// Addresses of the documentation networks: nobody connects to them here.
const std::string film = "http://192.0.2.7/film.mkv";

std::string json_of(const std::string& url) {
  return R"({"url":")" + url + "\"}";
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(create_and_update, control_fixture) {
  const auto made = control_body(server.post(
      "/streams", R"({"url":"http://192.0.2.7/film.mkv","failover_urls":["http://192.0.2.8/film.mkv"],
                      "user_agent":"VLC","headers":{"X-Key":"secret"},"metadata":{"k":"v"}})"));
  const auto id = text(made, "stream_id");
  BOOST_TEST(id == registry::stream_id(film, {}));
  BOOST_TEST(made.size() == 8U);
  BOOST_TEST(text(made, "primary_url") == film);
  BOOST_TEST(boost::json::serialize(made.at("failover_urls")) == R"(["http://192.0.2.8/film.mkv"])");
  BOOST_TEST(text(made, "user_agent") == "VLC");
  BOOST_TEST(text(made, "stream_type") == "direct");
  BOOST_TEST(text(made, "stream_endpoint") == "/stream/" + id);
  BOOST_TEST(text(made, "message") == "Stream created");
  BOOST_TEST(boost::json::serialize(made.at("metadata")) == R"({"k":"v"})");
  BOOST_TEST(server.directory().find_stream(id)->definition()->headers.size() == 1U);

  const auto again = control_body(server.post("/streams", json_of(film)));
  BOOST_TEST(text(again, "stream_id") == id);
  BOOST_TEST(text(again, "message") == "Stream updated");
  BOOST_TEST(again.at("failover_urls").as_array().empty());
  BOOST_TEST(text(again, "user_agent") == "");
  BOOST_TEST(server.directory().find_stream(id)->definition()->headers.empty());

  const auto hls = control_body(server.post("/streams", json_of("http://192.0.2.7/live.m3u8")));
  BOOST_TEST(text(hls, "stream_type") == "hls");
  BOOST_TEST(text(hls, "stream_endpoint") == "/hls/" + text(hls, "stream_id") + "/playlist.m3u8");
  BOOST_TEST(number(get("/streams"), "total") == 2);
}

BOOST_FIXTURE_TEST_CASE(bad_bodies, control_fixture) {
  struct row {
    const char* body;
    int status;
    const char* code;
    const char* named;
  };
  for (const auto& [body, status, code, named] : {
           row{"", 400, "bad-request", "not JSON"},
           row{"{", 400, "bad-request", "not JSON"},
           row{"[]", 422, "invalid", "object"},
           row{"{}", 422, "invalid", "url"},
           row{R"({"url":"ftp://192.0.2.7/"})", 422, "invalid", "url"},
           row{R"({"url":"http://192.0.2.7/","failover_urls":["http://192.0.2.8/",3]})", 422, "invalid",
               "failover_urls[1]"},
           row{R"({"url":"http://192.0.2.7/","headers":{"Host":"x"}})", 400, "bad-request", "headers.Host"},
       }) {
    const auto detail = control_problem(server.post("/streams", body), status, code);
    BOOST_TEST(detail.find(named) != std::string::npos, detail);
  }
  BOOST_TEST(server.post("/streams", std::string((1 << 20) + 1, ' ')).status == 413);
  BOOST_TEST(server.directory().stream_count() == 0U);
}

BOOST_AUTO_TEST_CASE(urls_where_millrace_may_not_connect) {
  dns_server dns;
  dns.set("public.test", {"192.0.2.7"});
  dns.set("home.test", {"127.0.0.1"}, {"::1"});
  dns.set("mixed.test", {"127.0.0.1", "192.0.2.7"});
  dns.set("allowed.denied.test", {"192.0.2.7"});
  dns.set("silent.test", dns_server::type::a, {dns_server::kind::silence, {}, 0});
  dns.set("silent.test", dns_server::type::aaaa, {dns_server::kind::silence, {}, 0});
  auto config = local_settings();
  config.upstream.allow = {"allowed.denied.test"};
  config.upstream.deny = {"*.denied.test", "198.51.100.0/24"};
  config.upstream.dns_servers = {dns.address()};
  control_fixture on(config);
  const auto own = "http://127.0.0.1:" + std::to_string(on.server.port());
  for (const auto& url : {std::string("http://127.0.0.1/"), own + "/x", std::string("http://localhost/"),
                          std::string("http://[::1]/"), std::string("http://169.254.169.254/meta"),
                          std::string("http://0.0.0.0/"), std::string("http://2130706433/"),
                          std::string("http://198.51.100.1/"), std::string("http://home.test/"),
                          std::string("http://a.denied.test/"), std::string("http://[::ffff:127.0.0.1]/")}) {
    BOOST_TEST_CONTEXT(url) {
      const auto detail =
          control_problem(on.server.post("/streams", json_of(url)), 403, "upstream-forbidden");
      BOOST_TEST(detail.starts_with("url:"), detail);
      const auto body = R"({"url":"http://192.0.2.7/","failover_urls":["http://192.0.2.8/",")" + url + "\"]}";
      const auto other = control_problem(on.server.post("/streams", body), 403, "upstream-forbidden");
      BOOST_TEST(other.starts_with("failover_urls[1]:"), other);
    }
  }
  BOOST_TEST(on.server.directory().stream_count() == 0U);
  // A name that does not resolve now may do so later: connections are checked anyway.
  for (const auto* url : {"http://public.test/", "http://mixed.test/", "http://allowed.denied.test/",
                          "http://unknown.test/", "http://silent.test/"})
    BOOST_TEST(on.server.post("/streams", json_of(url)).status == 200, url);
}

BOOST_AUTO_TEST_CASE(too_many_streams) {
  auto config = local_settings();
  config.registry.max_posted = 1;
  control_fixture on(config);
  BOOST_TEST(on.server.post("/streams", json_of(film)).status == 200);
  control_problem(on.server.post("/streams", json_of("http://192.0.2.9/")), 503, "busy");
  BOOST_TEST(on.server.post("/streams", json_of(film)).status == 200);
}

BOOST_FIXTURE_TEST_CASE(lists_with_pages, control_fixture) {
  names expected;
  for (int i = 0; i < 250; ++i)
    expected.push_back(add("http://192.0.2.7/" + std::to_string(i))->id());
  const auto whole = get("/streams");
  BOOST_TEST(number(whole, "total") == 250);
  BOOST_TEST(whole.size() == 2U);
  BOOST_TEST(column(whole.at("streams"), "stream_id") == expected, boost::test_tools::per_element());
  const auto page = get("/streams?limit=2&offset=100");
  BOOST_TEST(number(page, "total") == 250);
  BOOST_TEST(column(page.at("streams"), "stream_id") == (names{expected[100], expected[101]}),
             boost::test_tools::per_element());
  BOOST_TEST(get("/streams?limit=0").at("streams").as_array().empty());
  BOOST_TEST(get("/streams?offset=250").at("streams").as_array().empty());
  for (const auto* query : {"limit=-1", "limit=x", "offset=", "offset=1e3"}) {
    const auto response = server.request("GET", std::string("/streams?") + query);
    control_problem(response, 400, "bad-request");
  }
}

BOOST_FIXTURE_TEST_CASE(one_stream_with_its_clients, control_fixture) {
  const auto one = add(film);
  const auto other = add("http://192.0.2.8/");
  const auto first = play(one, "a", 10, "evil\xff\x01\"");
  play(one, "b", 20);
  play(other, "c", 40);
  const auto shown = get("/streams/" + one->id());
  BOOST_TEST(shown.size() == 3U);
  BOOST_TEST(number(shown, "client_count") == 2);
  const auto& info = shown.at("stream").as_object();
  BOOST_TEST(text(info, "stream_id") == one->id());
  BOOST_TEST(number(info, "total_bytes_served") == 30);
  BOOST_TEST(info.at("is_active").as_bool());
  BOOST_TEST(column(shown.at("clients"), "client_id") == (names{"a", "b"}), boost::test_tools::per_element());
  for (const auto* path : {"/streams/unknown", "/streams/%00", "/streams/%ff"})
    control_problem(server.request("GET", path), 404, "not-found");
  check_head(server, "/streams");
  check_head(server, "/streams/" + one->id());
}

BOOST_FIXTURE_TEST_CASE(deletion, control_fixture) {
  const auto one = add(film);
  play(one, "a");
  const auto path = "/streams/" + one->id();
  BOOST_TEST(text(control_body(server.request("DELETE", path)), "message") ==
             "Stream " + one->id() + " deleted");
  control_problem(server.request("DELETE", path), 404, "not-found");
  control_problem(server.request("GET", path), 404, "not-found");
  control_problem(server.request("GET", "/clients/a"), 404, "not-found");
  BOOST_TEST(text(control_body(server.post("/streams", json_of(film))), "message") == "Stream created");
  BOOST_TEST(server.request("GET", path).status == 200);
}

BOOST_FIXTURE_TEST_CASE(other_methods_and_foreign_pages, control_fixture) {
  const auto put = server.request("PUT", "/streams");
  control_problem(put, 405, "method-not-allowed");
  BOOST_TEST(put.header("Allow").value_or("") == "GET, HEAD, POST, OPTIONS");
  control_problem(server.request("DELETE", "/streams/x", "Origin: http://evil.example\r\n"), 403,
                  "forbidden");
}

BOOST_AUTO_TEST_SUITE_END()
