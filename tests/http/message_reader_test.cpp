#include "http/message_reader.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace::http;

constexpr std::size_t limit = 64 * 1024;

struct request_case {
  std::string text;
  framing body = framing::none;
  std::uint64_t length = 0;
  bool keep_alive = true;
};
std::ostream& operator<<(std::ostream& out, const request_case& each) {
  return out << each.text;
}

const std::vector<request_case> requests{
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"GET /x?y=http://b/c HTTP/1.1\r\nHost:\r\n\r\n"},
    {"GET http://a/x HTTP/1.1\r\nHost: a:80\r\n\r\n"},
    {"GET HTTPS://a/x HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
    {"OPTIONS * HTTP/1.1\r\nhOST: a\r\n\r\n"},
    {"GET /\xc3\xbc HTTP/1.1\r\nHost: a\r\nX: \xc3\xbc\t\xff\r\n\r\n"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", framing::length, 5},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5, 5\r\n\r\n", framing::length, 5},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", framing::chunked},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", framing::none, 0, false},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", framing::none, 0, false},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"},
    {"GET / HTTP/1.0\r\n\r\n", framing::none, 0, false},
    {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"},
    {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", framing::none, 0, false},
    {std::string(64, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
};

const std::vector<std::string> bad_requests{
    "GET /\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
    "GET / http/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET x HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n",
    "GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n",
    std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a\0\r\n\r\n", 34),
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "\x16\x03\x01\x02",
    "\x80",
    " ",
    std::string(65, 'A'),
    std::string(65, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n",
};

struct response_case {
  std::string text;
  unsigned status;
  framing body;
  std::uint64_t length = 0;
  bool keep_alive = true;
  bool to_head = false;
};
std::ostream& operator<<(std::ostream& out, const response_case& each) {
  return out << each.text << (each.to_head ? " to HEAD" : "");
}

const std::vector<response_case> responses{
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, framing::length, 5},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, framing::length, 0},
    {"HTTP/1.1 206 \r\nContent-Length: 5\r\n\r\n", 206, framing::length, 5},
    {"HTTP/1.1 206\r\nContent-Length: 5\r\n\r\n", 206, framing::length, 5},
    {"HTTP/1.1 200 \xc3\xbc ok\tok\r\nContent-Length: 5\r\n\r\n", 200, framing::length, 5},
    {"HTTP/1.1 200 OK\nContent-Length: 5\n\n", 200, framing::length, 5},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\n", 200, framing::length, 5},
    {"HTTP/1.1 200\nContent-Length: 5\r\n\n", 200, framing::length, 5},
    {"HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 5\r\n\r\n", 200, framing::length, 5},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\t5\r\n \r\n\r\n", 200, framing::length, 5},
    {"HTTP/1.1 200 OK\r\n\r\n", 200, framing::until_close, 0, false},
    {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", 200, framing::until_close, 0, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, framing::chunked},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", 200, framing::chunked,
     0, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", 200, framing::length, 5, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", 200, framing::length, 5, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n", 200, framing::length, 5},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, framing::none, 0, true, true},
    {"HTTP/1.1 200 OK\r\n\r\n", 200, framing::none, 0, true, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, framing::none, 0, true, true},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204, framing::none},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, framing::none},
    {"HTTP/1.1 100 Continue\r\n\r\n", 100, framing::none},
    {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 103, framing::none},
    {"HTTP/1.1 999 ?\r\nContent-Length: 1\r\n\r\n", 999, framing::length, 1},
    {"\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, framing::length, 5},
};

const std::vector<std::string> bad_responses{
    "HTTP/2 200\r\n\r\n",
    "HTTP/1.1\r\n\r\n",
    "HTTP/1.1 \r\n\r\n",
    "HTTP/1.1 20\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 20x OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 -20 OK\r\n\r\n",
    "HTTP/1.1 200OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n",
    "HTTP/1.1 200 O\x01K\r\n\r\n",
    "HTTP/1.1 200 O\rK\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    "<html>",
    "G",
    "HTTP/1.\r\n\r\n",
    "H\n\n",
    "HTTP/1.1 200 OK\r\n X: y\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: y\r\r\n\r\n",
    "HTTP/1.1 200 OK\nX: y\rz\n\n",
    "HTTP/1.1 200 OK\r\nX: y\r\n " + std::string(5000, 'z') + "\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: \x02\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(message_reader)

BOOST_DATA_TEST_CASE(reads_requests, requests) {
  const auto parsed = parse_request_head(sample.text + "body", limit);
  BOOST_REQUIRE_MESSAGE((parsed.state == head_state::complete), parsed.reason);
  BOOST_TEST(parsed.consumed == sample.text.size());
  BOOST_TEST((parsed.head.body == sample.body));
  BOOST_TEST(parsed.head.content_length == sample.length);
  BOOST_TEST(parsed.head.keep_alive == sample.keep_alive);
  BOOST_TEST(parsed.reason.empty());
}

BOOST_DATA_TEST_CASE(refuses_bad_requests, bad_requests) {
  const auto parsed = parse_request_head(sample, limit);
  BOOST_TEST((parsed.state == head_state::malformed));
  BOOST_TEST(!parsed.reason.empty());
}

BOOST_DATA_TEST_CASE(reads_responses, responses) {
  const auto parsed = parse_response_head(sample.text + "body", limit, sample.to_head);
  BOOST_REQUIRE_MESSAGE((parsed.state == head_state::complete), parsed.reason);
  BOOST_TEST(parsed.consumed == sample.text.size());
  BOOST_TEST(parsed.head.status == sample.status);
  BOOST_TEST((parsed.head.body == sample.body));
  BOOST_TEST(parsed.head.content_length == sample.length);
  BOOST_TEST(parsed.head.keep_alive == sample.keep_alive);
}

BOOST_DATA_TEST_CASE(refuses_bad_responses, bad_responses) {
  const auto parsed = parse_response_head(sample, limit, false);
  BOOST_TEST((parsed.state == head_state::malformed));
  BOOST_TEST(!parsed.reason.empty());
}

BOOST_AUTO_TEST_CASE(hands_over_all_parts) {
  const auto parsed = parse_request_head(
      "POST /a?b HTTP/1.0\r\nX-One:  1 2\t\r\nx-one:\r\nexpect: 100-Continue\r\n\r\n", limit);
  BOOST_REQUIRE((parsed.state == head_state::complete));
  const auto& head = parsed.head;
  BOOST_TEST(head.method == "POST");
  BOOST_TEST(head.target == "/a?b");
  BOOST_TEST(head.version == 10U);
  BOOST_TEST(head.fields.size() == 3U);
  BOOST_TEST(head.fields.get("x-one") == "1 2");
  BOOST_TEST(head.fields.begin()->name == "X-One");
  BOOST_TEST(!head.expects_continue);
  const auto expecting =
      parse_request_head("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", limit);
  BOOST_TEST(expecting.head.expects_continue);
}

BOOST_AUTO_TEST_CASE(joins_folded_lines_of_a_response) {
  const auto parsed = parse_response_head("HTTP/1.0 200\nX: a \n \t b\n\n", limit, false);
  BOOST_REQUIRE_MESSAGE((parsed.state == head_state::complete), parsed.reason);
  BOOST_TEST(parsed.head.version == 10U);
  BOOST_TEST(parsed.head.fields.get("X") == "a b");
}

BOOST_AUTO_TEST_CASE(every_prefix_is_incomplete) {
  for (const auto& each : requests) {
    for (std::size_t size = 0; size < each.text.size(); ++size) {
      const auto parsed = parse_request_head(std::string_view(each.text).substr(0, size), limit);
      BOOST_TEST((parsed.state == head_state::incomplete), each.text << " cut to " << size);
    }
  }
  for (const auto& each : responses) {
    for (std::size_t size = 0; size < each.text.size(); ++size) {
      const auto parsed = parse_response_head(std::string_view(each.text).substr(0, size), limit, false);
      BOOST_TEST((parsed.state == head_state::incomplete), each.text << " cut to " << size);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_limit_is_exact) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  BOOST_TEST((parse_request_head(text, text.size()).state == head_state::complete));
  BOOST_TEST((parse_request_head(text + "body", text.size()).state == head_state::complete));
  BOOST_TEST((parse_request_head(text, text.size() - 1).state == head_state::too_large));
  const auto cut = std::string_view(text).substr(0, text.size() - 1);
  BOOST_TEST((parse_request_head(cut, text.size()).state == head_state::incomplete));
  BOOST_TEST((parse_request_head(cut, cut.size()).state == head_state::too_large));
  const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(limit, 'x');
  BOOST_TEST((parse_response_head(endless, limit, false).state == head_state::too_large));
  BOOST_TEST((parse_request_head(std::string(limit, '\n'), limit).state == head_state::too_large));
}

BOOST_AUTO_TEST_SUITE_END()
