// What splits messages: requests that others may read differently (RFC 9112 §6, §11), heads with line ends
// from elsewhere.

#include "server/stream_support.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using namespace millrace;
using namespace millrace::test;
using registry::objection;
namespace data = boost::unit_test::data;

namespace {

const std::string health = "GET /health HTTP/1.1\r\nHost: localhost\r\n";
const std::string post = "POST /streams HTTP/1.1\r\nHost: localhost\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(splitting_test)

const std::vector<std::string> smuggled{
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "Content-Length: 5, 6\r\n\r\nhello",
    "Content-Length: +5\r\n\r\nhello",
    "Content-Length: 0x5\r\n\r\nhello",
    "Content-Length: 5 5\r\n\r\nhello",
    "Content-Length:\r\n\r\n",
    "Content-Length: 99999999999999999999\r\n\r\nhello",
    "Content-Length : 5\r\n\r\nhello",
    "Transfer-Encoding: gzip\r\n\r\n",
    "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
    "Transfer-Encoding: \x0b"
    "chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "X: a\r\n b\r\n\r\n",
    "X: a\rb\r\n\r\n",
    "X: a\nContent-Length: 5\r\n\r\nhello",
    "X: a\r\r\n\r\n",
    std::string("X: a\0b\r\n\r\n", 10),
    "X\x01: a\r\n\r\n",
    "X Y: a\r\n\r\n",
    ": a\r\n\r\n",
    "Host: other\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n00000000000000005\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(20'000, 'e') + "\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(20'000, 't') + "\r\n\r\n",
};

BOOST_DATA_TEST_CASE(requests_that_others_may_read_differently, data::make(smuggled)) {
  const running_server server;
  raw_client client(server.port());
  client.send(post + sample + health + "\r\n");
  const auto refused = client.receive();
  check_problem(refused, 400, "bad-request");
  BOOST_TEST(refused.header("Connection").value_or("") == "close");
  // What stands behind it is never taken for a request.
  BOOST_TEST(client.read(1).empty());
  BOOST_TEST((client.ended() == ending::closed));
  BOOST_TEST(server.shared().statistics.objected(objection::malformed) == 1U);
}

const std::vector<std::string> bad_lines{"GET /a b HTTP/1.1",     "GET /health  HTTP/1.1",
                                         "GET\t/health HTTP/1.1", "GET /health HTTP/1.1 ",
                                         "GET /health HTTP/1.10", "GET /health HTTP/2.0",
                                         "GET /health",           "GET /\x01 HTTP/1.1",
                                         "GET /\x7f HTTP/1.1",    std::string("GET /\0 HTTP/1.1", 16),
                                         "G\x80T / HTTP/1.1",     "GET health HTTP/1.1",
                                         "GET * HTTP/1.1",        "CONNECT a:1 HTTP/1.1",
                                         "GET ftp://a/ HTTP/1.1", "GET http:///a HTTP/1.1",
                                         "PRI * HTTP/2.0"};

BOOST_DATA_TEST_CASE(request_lines, data::make(bad_lines)) {
  const running_server server;
  raw_client client(server.port());
  client.send(sample + "\r\nHost: localhost\r\n\r\n" + health + "\r\n");
  const auto refused = client.receive();
  BOOST_TEST(refused.status == 400);
  BOOST_TEST(server.shared().statistics.objected(objection::malformed) == 1U);
}

BOOST_AUTO_TEST_CASE(equal_lengths_are_one_and_chunk_extensions_mean_nothing) {
  const running_server server;
  raw_client client(server.port());
  client.send(post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + health + "\r\n");
  BOOST_TEST(client.receive().status == 422);
  BOOST_TEST(client.receive().status == 200);
  client.send(post + "Transfer-Encoding: chunked\r\n\r\n2;a=\"b\";c\r\n{}\r\n0;d\r\nX: y\r\n\r\n" + health +
              "\r\n");
  BOOST_TEST(client.receive().status == 422);
  BOOST_TEST(client.receive().status == 200);
}

// Line ends from elsewhere: nothing that a client or an upstream says becomes a header line of a response or
// of an upstream request.

const std::string evil = "x%0d%0aX-Evil:%201";

bool has_evil_line(const std::string& head) {
  return head.find("\nX-Evil") != std::string::npos || head.find("\rX-Evil") != std::string::npos;
}

BOOST_FIXTURE_TEST_CASE(parameters_split_no_message, stream_fixture) {
  const std::vector<std::string> values{evil, "X:%20" + evil, "a%00b", "a%0ab"};
  origin.set("/a.mkv", {.size = 1000});
  for (const std::string name :
       {"filename", "client_id", "header", "mirror", "connections", "chunk_size", "gid"}) {
    for (const auto& value : values) {
      BOOST_TEST_CONTEXT(name << '=' << value) {
        const auto response = play("/a.mkv", {}, name + "=" + value + "&");
        BOOST_TEST((response.status == 200 || response.status == 400));
        BOOST_TEST(!has_evil_line(response.head), response.head);
        BOOST_TEST(response.head.find('\0') == std::string::npos);
      }
    }
  }
  const auto named = play("/a.mkv", {}, "filename=" + evil + "&");
  BOOST_TEST(named.status == 200);
  for (const auto& request : origin.requests()) {
    for (const auto& [name, value] : request.headers)
      BOOST_TEST(name != "X-Evil");
  }
  BOOST_TEST(server.request("GET", "/stream?url=" + origin.url("/a.mkv") + "%0d%0aX-Evil:%201").status ==
             404);
  const auto decoded = server.request("GET", "/stream?url=" + encoded(origin.url("/b\r\nX-Evil: 1")));
  BOOST_TEST((decoded.status == 400 || decoded.status == 404));
  for (const auto& request : origin.requests()) {
    for (const auto& [name, value] : request.headers)
      BOOST_TEST(name != "X-Evil");
  }
}

BOOST_FIXTURE_TEST_CASE(definitions_split_no_message, stream_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  const auto url = "{\"url\": \"" + origin.url("/a.mkv") + "\", ";
  for (const std::string rest :
       {R"("user_agent": "a\r\nX-Evil: 1"})", R"("headers": {"X": "a\r\nX-Evil: 1"}})",
        R"("headers": {"X: a\r\nX-Evil": "1"}})", R"("headers": {"X": "a\u0000b"}})",
        R"("failover_urls": ["http://a/\r\nX-Evil: 1"]})"}) {
    const auto response = server.post("/streams", url + rest);
    BOOST_TEST((response.status == 400 || response.status == 422 || response.status == 200), rest);
    if (response.status == 200) BOOST_TEST(response.body.find("%0D%0A") != std::string::npos, response.body);
  }
  const auto kept = server.post("/streams", url + R"("metadata": {"a\r\nX-Evil: 1": "b\r\nX-Evil: 1"}})");
  BOOST_TEST(kept.status == 200);
  BOOST_TEST(!has_evil_line(kept.head));
}

/// An upstream whose header values hold bytes that would split ours.
BOOST_FIXTURE_TEST_CASE(upstream_fields_split_no_response, stream_fixture) {
  const std::vector<origin::behaviour> upstreams{
      {.size = 1000, .content_type = "video/mp4\rX-Evil: 1"},
      {.size = 1000, .content_type = std::string("video/mp4\0X-Evil: 1", 19)},
      {.size = 1000, .etag = "\"a\rX-Evil: 1\""},
      {.size = 1000, .content_disposition = "attachment; filename*=UTF-8''a%0D%0AX-Evil:%201.mkv"},
      {.size = 1000, .content_disposition = "attachment; filename=\"a\\\rX-Evil: 1.mkv\""},
      {.size = 1000, .content_type = "video/mp4\r\n X-Evil: 1"},
      {.size = 1000, .content_type = "video/mp4\n\tX-Evil: 1"},
  };
  int number = 0;
  for (const auto& each : upstreams) {
    const auto path = "/" + std::to_string(number++) + ".mkv";
    origin.set(path, each);
    const auto response = play(path);
    BOOST_TEST_CONTEXT(path << ' ' << response.status) {
      BOOST_TEST((response.status == 200 || response.status == 502));
      BOOST_TEST(!has_evil_line(response.head), response.head);
      BOOST_TEST(response.head.find('\0') == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
