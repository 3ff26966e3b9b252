#include "api/stream_definition.hpp"

#include "api/api_support.hpp"

#include <utility>

using namespace millrace;
using namespace millrace::api;

BOOST_AUTO_TEST_SUITE(stream_definition_test)

namespace {

void check_rejected(const std::string& body, unsigned status, const std::string& begin) {
  const auto parsed = parse_stream_definition(body);
  BOOST_TEST_CONTEXT(body.substr(0, 200)) {
    BOOST_REQUIRE(!parsed.has_value());
    BOOST_TEST(status_of(parsed.error().problem) == status);
    BOOST_TEST(parsed.error().problem.detail.starts_with(begin), parsed.error().problem.detail);
  }
}

/// A body with a good URL and one more member.
std::string with(const std::string& member) {
  return R"({"url":"http://a/x",)" + member + "}";
}

std::string repeated(const std::string& element, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all += (i == 0 ? "" : ",") + element;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(everything_given) {
  const auto parsed =
      parse_stream_definition(R"({"url": "http://u:p@a/x y.ts#part", "failover_urls": ["https://b/x"],
      "user_agent": " VLC/3 ", "headers": {"X-One": " 1 ", "Cookie": ""}, "metadata": {"b": "2", "a": "\u00e9"},
      "unknown": [1, {"x": null}]})");
  BOOST_REQUIRE(parsed.has_value());
  BOOST_REQUIRE(parsed->sources.size() == 2U);
  BOOST_TEST(parsed->sources[0].text() == "http://u:p@a/x%20y.ts");
  BOOST_TEST(parsed->sources[1].text() == "https://b/x");
  BOOST_TEST(parsed->user_agent == "VLC/3");
  BOOST_TEST((parsed->headers == registry::pairs{{"X-One", "1"}, {"Cookie", ""}}));
  BOOST_TEST((parsed->metadata == registry::pairs{{"b", "2"}, {"a", "\xc3\xa9"}}));
}

BOOST_AUTO_TEST_CASE(null_is_not_there) {
  for (const auto* body :
       {R"({"url":"http://a/x"})",
        R"({"url":"http://a/x","failover_urls":null,"user_agent":null,"headers":null,"metadata":null})",
        R"({"url":"http://a/x","failover_urls":[],"user_agent":"","headers":{},"metadata":{}})"}) {
    const auto parsed = parse_stream_definition(body);
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->sources.size() == 1U);
    BOOST_TEST(parsed->user_agent.empty());
    BOOST_TEST(parsed->headers.empty());
    BOOST_TEST(parsed->metadata.empty());
  }
}

BOOST_AUTO_TEST_CASE(bad_json) {
  for (const std::string body : {"", " ", "{", "{]", "url=http://a/x", R"({"url":"http://a/x"} x)",
                                 R"({"url":"http://a/x",})", "{'url':'http://a/x'}", "nul", "\xff",
                                 "{\"url\":\"http://a/\xff\"}", R"({"url":"\ud800"})", "{\"url\":\"a\nb\"}"})
    check_rejected(body, 400, "The body is not JSON");
  check_rejected(std::string(100'000, '['), 400, "The body is not JSON");
  check_rejected(std::string("{\"url\":\"http://a/x\"}\0", 21), 400, "The body is not JSON");
}

BOOST_AUTO_TEST_CASE(wrong_types_name_the_field) {
  for (const auto* body : {"[]", "null", "1", R"("http://a/x")", "true"})
    check_rejected(body, 422, "The body must be");
  const std::pair<const char*, const char*> rows[] = {
      {R"({})", "url:"},
      {R"({"url":null})", "url:"},
      {R"({"url":1})", "url:"},
      {R"({"url":["http://a/x"]})", "url:"},
      {R"({"url":""})", "url:"},
      {R"({"url":"a/x"})", "url:"},
      {R"({"url":"ftp://a/x"})", "url:"},
      {R"({"url":"http://"})", "url:"},
      {R"({"url":"http://a:0/"})", "url:"},
      {R"({"URL":"http://a/x"})", "url:"},
  };
  for (const auto& [body, begin] : rows)
    check_rejected(body, 422, begin);
  const std::pair<const char*, const char*> members[] = {
      {R"("failover_urls":"http://b/x")", "failover_urls:"},
      {R"("failover_urls":{})", "failover_urls:"},
      {R"("failover_urls":["http://b/x","http://c/x",7])", "failover_urls[2]:"},
      {R"("failover_urls":["http://b/x",null])", "failover_urls[1]:"},
      {R"("failover_urls":["rtmp://b/x"])", "failover_urls[0]:"},
      {R"("user_agent":1)", "user_agent:"},
      {R"("user_agent":"a\r\nX: y")", "user_agent:"},
      {R"("user_agent":"a\u0000")", "user_agent:"},
      {R"("headers":[])", "headers:"},
      {R"("headers":"X: y")", "headers:"},
      {R"("headers":{"X-One":"1","X-Two":2})", "headers.X-Two:"},
      {R"("headers":{"X":null})", "headers.X:"},
      {R"("metadata":[])", "metadata:"},
      {R"("metadata":{"k":{}})", "metadata.k:"},
      {R"("metadata":{"k":1})", "metadata.k:"},
  };
  for (const auto& [member, begin] : members)
    check_rejected(with(member), 422, begin);
}

BOOST_AUTO_TEST_CASE(headers_that_may_not_be_given) {
  for (const std::string name :
       {"Host", "range", "If-None-Match", "Accept-Encoding", "Content-Length", "Expect", "Connection",
        "Transfer-Encoding", "TE", "Proxy-Authorization", "a b", "", "X:"})
    check_rejected(with(R"("headers":{"X-Good":"1",")" + name + R"(":"x"})"), 400, "headers." + name + ":");
  for (const auto* value : {R"(a\r\nX: y)", R"(a\nb)", R"(\u0000)", R"(\u007f)"})
    check_rejected(with(std::string(R"("headers":{"X":")") + value + "\"}"), 400, "headers.X:");
}

BOOST_AUTO_TEST_CASE(limits) {
  const definition_limits limit;
  const auto urls = [](std::size_t count) {
    return with("\"failover_urls\":[" + repeated("\"http://b/x\"", count) + "]");
  };
  BOOST_TEST(parse_stream_definition(urls(limit.failover_urls)).has_value());
  check_rejected(urls(limit.failover_urls + 1), 422, "failover_urls:");

  const auto url_of = [](std::size_t size) {
    return R"({"url":"http://a/)" + std::string(size - 9, 'x') + "\"}";
  };
  BOOST_TEST(parse_stream_definition(url_of(limit.url)).has_value());
  check_rejected(url_of(limit.url + 1), 422, "url:");

  const auto headers = [](std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
      all += (i == 0 ? "\"X" : ",\"X") + std::to_string(i) + "\":\"\"";
    return with("\"headers\":{" + all + "}");
  };
  BOOST_TEST(parse_stream_definition(headers(limit.headers)).has_value());
  check_rejected(headers(limit.headers + 1), 422, "headers:");

  const auto header = [](std::size_t size) {
    return with(R"("headers":{"X":")" + std::string(size - 1, 'x') + "\"}");
  };
  BOOST_TEST(parse_stream_definition(header(limit.header)).has_value());
  check_rejected(header(limit.header + 1), 422, "headers.X:");
  check_rejected(with(R"("user_agent":")" + std::string(limit.header + 1, 'x') + '"'), 422, "user_agent:");

  const auto metadata = [](std::size_t size) {
    return with(R"("metadata":{"a":"b","k":")" + std::string(size - 3, 'x') + "\"}");
  };
  BOOST_TEST(parse_stream_definition(metadata(limit.metadata)).has_value());
  check_rejected(metadata(limit.metadata + 1), 422, "metadata:");
}

BOOST_AUTO_TEST_SUITE_END()
