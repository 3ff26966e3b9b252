// The query of /stream: how the URL is written, and the other parameters.

#include "server/stream_support.hpp"

#include <utility>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(stream_query_test)

namespace {

struct written {
  std::string query;  ///< {} stands for 127.0.0.1:PORT
  std::string asked;  ///< the target that the origin must see
};

std::string fill_in(std::string text, std::uint16_t port) {
  const auto at = text.find("{}");
  if (at != std::string::npos) text.replace(at, 2, "127.0.0.1:" + std::to_string(port));
  return text;
}

const std::vector<written> forms{
    // Literal: to the end of the target, not decoded.
    {"url=http://{}/a.mkv", "/a.mkv"},
    {"url=http://{}", "/"},
    {"url=http://{}?x=1", "/?x=1"},
    {"url=http://{}/a.mkv?x=1&y=2", "/a.mkv?x=1&y=2"},
    {"url=http://{}/a.mkv?x=1&connections=0&client_id=!", "/a.mkv?x=1&connections=0&client_id=!"},
    {"connections=2&url=http://{}/a.mkv?x=1&url=2", "/a.mkv?x=1&url=2"},
    {"url=http://{}/a%20b%2520c%2Fd.mkv", "/a%20b%2520c%2Fd.mkv"},
    {"url=http://{}/a+b.mkv?c+d", "/a+b.mkv?c+d"},
    {"url=http://{}/a.mkv?u=http://other.test/b?c=d", "/a.mkv?u=http://other.test/b?c=d"},
    {"url=http://{}/a;b=1/c,d/~e/@f:g!$'()*.mkv", "/a;b=1/c,d/~e/@f:g!$'()*.mkv"},
    {"url=http://{}//a/../b/./c.mkv", "//a/../b/./c.mkv"},
    // Encoded: to the next &, decoded once, + stays +.
    {"url=http%3A%2F%2F{}%2Fa.mkv", "/a.mkv"},
    {"url=http%3a//{}/a.mkv%3Fx%3D1%26y%3D2&connections=2", "/a.mkv?x=1&y=2"},
    {"url=http%3A//{}/a%2520b.mkv", "/a%20b.mkv"},
    {"url=http%3A//{}/a+b.mkv", "/a+b.mkv"},
    {"url=http%3A//{}/a.mkv&url2=x", "/a.mkv"},
    {"connections=2&url=http%3A//{}/a.mkv&chunk_size=64K", "/a.mkv"},
    {"url=HTTP://{}/a.mkv&connections=2", "/a.mkv"},
    // Bytes that RFC 3986 forbids are encoded, the rest stays.
    {"url=http://{}/a\"<>\\^`{|}.mkv", "/a%22%3C%3E%5C%5E%60%7B%7C%7D.mkv"},
    {"url=http://{}/\xc3\xbc.mkv?\xe2\x82\xac", "/%C3%BC.mkv?%E2%82%AC"},
    {"url=http://{}/100%.mkv", "/100%25.mkv"},
    {"url=http://{}/a[1].mkv?b[]=1", "/a%5B1%5D.mkv?b%5B%5D=1"},
    {"url=http%3A//{}/a%20b%22c%C3%BC.mkv", "/a%20b%22c%C3%BC.mkv"},
    {"url=http%3A//{}/a%0D%0AX-Bad%3A1.mkv", "/a%0D%0AX-Bad:1.mkv"},
    // A fragment is never sent.
    {"url=http%3A//{}/a.mkv%23t=10", "/a.mkv"},
};

struct bad_value {
  std::string parameters;  ///< with their '&', before the URL
  std::string named;       ///< the parameter that the detail must name
};

const std::vector<bad_value> bad_values{
    {"connections=0&", "connections"},
    {"connections=65&", "connections"},
    {"connections=-1&", "connections"},
    {"connections=&", "connections"},
    {"connections=two&", "connections"},
    {"connections=2x&", "connections"},
    {"connections=99999999999999999999&", "connections"},
    {"chunk_size=0&", "chunk_size"},
    {"chunk_size=63K&", "chunk_size"},
    {"chunk_size=65M&", "chunk_size"},
    {"chunk_size=big&", "chunk_size"},
    {"chunk_size=&", "chunk_size"},
    {"chunk_size=-1M&", "chunk_size"},
    {"client_id=&", "client_id"},
    {"client_id=a%20b&", "client_id"},
    {"client_id=%C3%BC&", "client_id"},
    {"client_id=" + std::string(65, 'a') + "&", "client_id"},
    {"filename=&", "filename"},
    {"mirror=&", "mirror"},
    {"mirror=ftp%3A//127.0.0.1/a&", "mirror"},
    {"mirror=/a.mkv&", "mirror"},
    {"header=nonsense&", "header"},
    {"header=&", "header"},
    {"header=%3A%20x&", "header"},
    {"header=Bad%20Name%3A%20x&", "header"},
    {"header=X%3A%20a%0D%0AY%3A%20b&", "header"},
    {"header=X%3A%20a%0Ab&", "header"},
    {"header=X%3A%20a%00b&", "header"},
};

const std::vector<std::string> bad_urls{
    "",
    "url=",
    "url=a.mkv",
    "url=/a.mkv",
    "url=ftp://127.0.0.1/a.mkv",
    "url=file:///etc/passwd",
    "url=http://",
    "url=http:///a.mkv",
    "url=http://127.0.0.1:0/a.mkv",
    "url=http://127.0.0.1:99999/a.mkv",
    "url=http://127.0.0.1:x/a.mkv",
    "url=http://[::1/a.mkv",
    "url=//127.0.0.1/a.mkv",
    "URL=http://127.0.0.1/a.mkv",
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(forms_of_the_url, stream_fixture) {
  for (const auto& form : forms) {
    BOOST_TEST_CONTEXT(form.query) {
      origin.set(form.asked, {.size = 1000, .seed = 3});
      const auto response = server.request("GET", "/stream?" + fill_in(form.query, origin.port()));
      check_whole(response, 3, 1000);
      BOOST_TEST(last_request().target == form.asked);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(bad_parameters_are_named, stream_fixture) {
  for (const auto& each : bad_values) {
    BOOST_TEST_CONTEXT(each.parameters) {
      const auto response = play("/a.mkv", {}, each.parameters);
      check_problem(response, 400, "bad-request");
      BOOST_TEST(problem_member(response, "detail").find(each.named) != std::string::npos);
    }
  }
  BOOST_TEST(origin.totals().requests == 0U);
}

BOOST_FIXTURE_TEST_CASE(bad_urls_are_refused, stream_fixture) {
  for (const auto& query : bad_urls) {
    BOOST_TEST_CONTEXT(query) {
      const auto response = server.request("GET", "/stream?" + query);
      check_problem(response, 400, "bad-request");
      BOOST_TEST(problem_member(response, "detail").find("url") != std::string::npos);
    }
  }
  check_problem(server.request("GET", "/stream"), 400, "bad-request");
}

BOOST_FIXTURE_TEST_CASE(header_names_that_are_not_for_clients, stream_fixture) {
  for (const std::string name : {"Host",
                                 "host",
                                 "Range",
                                 "If-Match",
                                 "If-None-Match",
                                 "If-Range",
                                 "If-Modified-Since",
                                 "If-Anything",
                                 "Accept-Encoding",
                                 "Content-Length",
                                 "Content-Type",
                                 "content-anything",
                                 "Expect",
                                 "Connection",
                                 "Keep-Alive",
                                 "TE",
                                 "Trailer",
                                 "Transfer-Encoding",
                                 "Upgrade",
                                 "Proxy-Connection"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto response = play("/a.mkv", {}, "header=" + name + "%3A%20x&");
      check_problem(response, 400, "bad-request");
      BOOST_TEST(problem_member(response, "detail").find("header") != std::string::npos);
    }
  }
  BOOST_TEST(origin.totals().requests == 0U);
}

BOOST_FIXTURE_TEST_CASE(parameters_behind_an_encoded_url, stream_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  const auto response = server.request(
      "GET", "/stream?url=" + encoded(origin.url("/a.mkv")) + "&client_id=me&filename=My%20film%26co.mkv");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.header("X-Client-ID").value_or("") == "me");
  BOOST_TEST(response.header("Content-Disposition").value_or("") ==
             "inline; filename*=UTF-8''My%20film&co.mkv");
}

BOOST_FIXTURE_TEST_CASE(connections_only_lower_the_servers_limit, stream_fixture) {
  origin.set("/a.mkv", {.size = 6 * mebi, .seed = 4, .rate = 8 * mebi});
  for (const auto& [asked, most] : {std::pair("1", 1U), std::pair("2", 2U), std::pair("64", 4U)}) {
    BOOST_TEST_CONTEXT("connections=" << asked) {
      origin.reset_counters();
      const auto response = play("/a.mkv", {}, "connections=" + std::string(asked) + "&");
      check_whole(response, 4, 6 * mebi);
      BOOST_TEST(origin.of("/a.mkv").peak_connections <= most);
      BOOST_TEST(origin.of("/a.mkv").peak_connections >= std::min(most, 2U));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(chunk_size_only_lowers_the_servers, stream_fixture) {
  origin.set("/a.mkv", {.size = 4 * mebi, .seed = 4});
  for (const auto& [asked, most] :
       {std::pair("64K", 64 * kibi), std::pair("0.125M", 128 * kibi), std::pair("16M", 256 * kibi)}) {
    BOOST_TEST_CONTEXT("chunk_size=" << asked) {
      origin.reset_counters();
      check_whole(play("/a.mkv", {}, "chunk_size=" + std::string(asked) + "&"), 4, 4 * mebi);
      for (const auto& request : origin.requests("/a.mkv"))
        BOOST_TEST(request.body_sent <= most);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
