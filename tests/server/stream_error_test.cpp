// Errors before the first byte are problem documents (section 9); after it the connection is closed early.

#include "server/stream_support.hpp"

using namespace millrace;
using namespace millrace::test;
using origin::head_fault;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(stream_error_test)

namespace {

settings hasty() {
  auto config = stream_settings();
  config.upstream.retries = 1;
  config.upstream.read_timeout = milliseconds(300);
  config.upstream.connect_timeout = milliseconds(500);
  return config;
}

}  // namespace

BOOST_AUTO_TEST_CASE(statuses_of_the_upstream) {
  struct expectation {
    int upstream;
    int status;
  };
  const std::vector<expectation> table{
      {400, 502}, {401, 401}, {402, 502}, {403, 403}, {404, 404}, {405, 502}, {406, 502},
      {408, 502}, {409, 502}, {410, 410}, {416, 416}, {418, 502}, {425, 502}, {429, 502},
      {451, 502}, {500, 502}, {501, 502}, {502, 502}, {503, 502}, {504, 502}, {201, 502},
      {202, 502}, {204, 502}, {300, 502}, {304, 502},
  };
  stream_fixture on(hasty());
  for (const auto& each : table) {
    BOOST_TEST_CONTEXT(each.upstream) {
      on.origin.set("/a.mkv", {.status = {{.status = each.upstream}}});
      for (const std::string range : {"", "Range: bytes=5-9\r\n"}) {
        const auto response = on.play("/a.mkv", range);
        check_problem(response, each.status, "upstream");
        BOOST_TEST(response.header("WWW-Authenticate").has_value() == (each.upstream == 401));
        if (each.upstream == 401)
          BOOST_TEST(response.header("WWW-Authenticate").value_or("") == "Basic realm=\"origin\"");
        BOOST_TEST(on.play("/a.mkv", range, {}, "HEAD").status == each.status);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(failures_of_the_connection) {
  struct expectation {
    std::string name;
    head_fault::kind fault;
    int status;
    std::string code;
  };
  const std::vector<expectation> table{
      {"garbage", head_fault::kind::garbage, 502, "upstream"},
      {"endless head", head_fault::kind::endless, 502, "upstream"},
      {"huge header", head_fault::kind::huge_header, 502, "upstream"},
      {"no head", head_fault::kind::never, 504, "timeout"},
      {"closed", head_fault::kind::close, 502, "upstream"},
      {"reset", head_fault::kind::reset, 502, "upstream"},
  };
  stream_fixture on(hasty());
  for (const auto& each : table) {
    BOOST_TEST_CONTEXT(each.name) {
      on.origin.set("/a.mkv", {.head = {{.what = each.fault}}});
      check_problem(on.play("/a.mkv"), each.status, each.code);
    }
  }
  const auto port = on.origin.port();
  on.origin.stop();
  check_problem(on.server.request("GET", "/stream?url=http://127.0.0.1:" + std::to_string(port) + "/a.mkv"),
                502, "upstream");
  check_problem(on.server.request("GET", "/stream?url=http://no.such.host.invalid/a.mkv"), 502, "upstream");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_not_heeded_times_out) {
  auto config = hasty();
  config.upstream.retries = 0;
  stream_fixture on(config, {.connect_delay = std::chrono::seconds(5)});
  on.origin.set("/a.mkv", {});
  const auto began = std::chrono::steady_clock::now();
  check_problem(on.play("/a.mkv"), 504, "timeout");
  BOOST_TEST(seconds_since(began) < 4.5);
}

BOOST_AUTO_TEST_CASE(details_do_not_leak) {
  stream_fixture on(hasty());
  on.origin.set("/404", {.status = {{.status = 404}}});
  on.origin.set("/503", {.status = {{.status = 503}}});
  on.origin.set("/loop", {.redirect = {{.to = origin::redirection::kind::loop}}});
  on.origin.set("/missing", {.redirect = {{.to = origin::redirection::kind::missing}}});
  on.origin.set("/ftp", {.redirect = {{.location = "ftp://u:secret@127.0.0.1/?secret"}}});
  on.origin.set("/chain",
                {.redirect = {{.to = origin::redirection::kind::chain, .hops = 9, .absolute = true}}});
  on.origin.set("/never", {.head = {{.what = head_fault::kind::never}}});
  on.origin.set("/close", {.head = {{.what = head_fault::kind::close}}});
  on.origin.set("/whole", {.lies = {{.about = origin::lie::kind::ignore_range}}});
  on.origin.set("/lie", {.lies = {{.about = origin::lie::kind::wrong_start}}});
  const auto host = "user:secret@127.0.0.1:" + std::to_string(on.origin.port());
  for (const std::string path :
       {"/404", "/503", "/loop", "/missing", "/ftp", "/chain", "/never", "/close", "/whole", "/lie"}) {
    BOOST_TEST_CONTEXT(path) {
      const auto response = on.server.request(
          "GET", "/stream?header=Cookie%3A%20secret&url=http://" + host + path + "?token=secret");
      BOOST_TEST(response.status >= 400);
      BOOST_TEST(response.header("Content-Type").value_or("") == "application/problem+json");
      BOOST_TEST(response.head.find("secret") == std::string::npos);
      BOOST_TEST(response.body.find("secret") == std::string::npos, response.body);
    }
  }
  for (const std::string url : {"ftp://u:secret@h/?secret", "http://u:secret@h:99999/?secret"}) {
    const auto response = on.server.request("GET", "/stream?url=" + encoded(url));
    check_problem(response, 400, "bad-request");
    BOOST_TEST(response.body.find("secret") == std::string::npos, response.body);
  }
}

BOOST_FIXTURE_TEST_CASE(errors_of_head_requests_have_no_body, stream_fixture) {
  origin.set("/404", {.status = {{.status = 404}}});
  raw_client client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.get(target("/404"), {}, "HEAD");
    const auto response = client.receive(true);
    BOOST_TEST(response.status == 404);
    BOOST_TEST(response.header("Content-Type").value_or("") == "application/problem+json");
  }
}

BOOST_AUTO_TEST_CASE(a_failure_after_the_first_byte_closes_the_connection) {
  stream_fixture on(hasty());
  on.origin.set(
      "/a.mkv",
      {.size = 2 * mebi, .seed = 3, .status = {{.status = 404, .when = {.first_byte_from = 1 * mebi}}}});
  raw_client client(on.server.port());
  client.get(on.target("/a.mkv"));
  const auto response = client.receive();
  check_cut(response, 3);
  BOOST_TEST((client.ended() == ending::closed || client.ended() == ending::reset));
  // The server itself goes on.
  BOOST_TEST(on.play("/a.mkv", "Range: bytes=0-99\r\n").status == 206);
}

BOOST_AUTO_TEST_CASE(a_long_retry_after_in_the_middle_closes_the_connection) {
  stream_fixture on(stream_settings());
  on.origin.set("/a.mkv",
                {.size = 2 * mebi,
                 .seed = 3,
                 .status = {{.status = 503, .retry_after = "60", .when = {.first_byte_from = 1 * mebi}}}});
  const auto began = std::chrono::steady_clock::now();
  check_cut(on.play("/a.mkv"), 3);
  BOOST_TEST(seconds_since(began) < 10);
}

BOOST_AUTO_TEST_CASE(a_stall_after_the_first_byte_closes_the_connection) {
  stream_fixture on(hasty());
  on.origin.set("/a.mkv", {.size = 2 * mebi, .seed = 3, .stall_at = {{.after = 1 * mebi, .absolute = true}}});
  const auto began = std::chrono::steady_clock::now();
  const auto response = on.play("/a.mkv");
  check_cut(response, 3);
  BOOST_TEST(response.body.size() == 1 * mebi);
  BOOST_TEST(seconds_since(began) < 10);
}

BOOST_AUTO_TEST_SUITE_END()
