#include "http/message_writer.hpp"

#include "http/message_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

namespace {

using namespace millrace::http;

field_list one(std::string name, std::string value) {
  field_list fields;
  fields.add(std::move(name), std::move(value));
  return fields;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message_writer)

BOOST_AUTO_TEST_CASE(writes_requests) {
  field_list fields;
  fields.add("Host", "a");
  fields.add("Range", "bytes=0-");
  BOOST_TEST(write_request_head("GET", "/x?y", fields) ==
             "GET /x?y HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(writes_responses) {
  BOOST_TEST(write_response_head(206, one("Content-Length", "1")) ==
             "HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\n");
  BOOST_TEST(write_response_head(200, one("X", "")) == "HTTP/1.1 200 OK\r\nX: \r\n\r\n");
  BOOST_TEST(write_response_head(799, {}) == "HTTP/1.1 799 Unknown\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_written_can_be_read) {
  const auto text = write_request_head("POST", "/\xc3\xbc", one("Host", "[::1]:80"));
  const auto parsed = parse_request_head(text, 1000);
  BOOST_REQUIRE((parsed.state == head_state::complete));
  BOOST_TEST(parsed.consumed == text.size());
  BOOST_TEST(parsed.head.target == "/\xc3\xbc");
}

BOOST_AUTO_TEST_CASE(nothing_can_split_a_message) {
  const auto refused = [](const auto& write) { BOOST_CHECK_THROW(write(), std::invalid_argument); };
  for (const std::string bad : {"a\rb", "a\nb", "a\r\nb", "\n", "a\x7f"}) {
    refused([&] { return write_response_head(200, one("X", bad)); });
    refused([&] { return write_response_head(200, one(bad, "x")); });
    refused([&] { return write_request_head("GET", bad, {}); });
    refused([&] { return write_request_head(bad, "/", {}); });
  }
  const std::string nul("a\0b", 3);
  refused([&] { return write_request_head("GET", "/", one("X", nul)); });
  refused([&] { return write_request_head("GET", nul, {}); });
  for (const std::string bad : {"", " ", "a b", "a:", "(", "\xc3\xbc"}) {
    refused([&] { return write_response_head(200, one(bad, "x")); });
    refused([&] { return write_request_head(bad, "/", {}); });
  }
  refused([&] { return write_request_head("GET", "", {}); });
  refused([&] { return write_request_head("GET", "/a b", {}); });
  refused([&] { return write_response_head(99, {}); });
  refused([&] { return write_response_head(1000, {}); });
}

BOOST_AUTO_TEST_SUITE_END()
