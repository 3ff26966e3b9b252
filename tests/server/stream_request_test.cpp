#include "server/stream_request.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using namespace millrace::server;

constexpr std::size_t K = 1024, M = 1024 * K;

const transfer_settings limits{.connections = 4, .chunk_size = 1 * M};

stream_request parse(const std::string& query) {
  const auto parsed = parse_stream_query(query, limits);
  BOOST_REQUIRE_MESSAGE(parsed.has_value(), query << ": " << (parsed ? "" : parsed.error().problem.detail));
  return *parsed;
}

/// The problem's detail, empty when there is none.
std::string refused(const std::string& query) {
  const auto parsed = parse_stream_query(query, limits);
  if (parsed) return {};
  BOOST_TEST((parsed.error().problem.code == http::problem_code::bad_request));
  return parsed.error().problem.detail;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stream_request_test)

BOOST_AUTO_TEST_CASE(forms_of_the_url) {
  const struct {
    std::string query, expected;
  } rows[]{
      {"url=http://a.test/film.mp4", "http://a.test/film.mp4"},
      // A literal one runs to the end and is not decoded.
      {"url=http://a.test/film.mp4?x=1&y=2", "http://a.test/film.mp4?x=1&y=2"},
      {"url=https://a.test/a%20b+c", "https://a.test/a%20b+c"},
      {"url=http://a.test/a%2520b", "http://a.test/a%2520b"},
      {"url=http://a.test/f?connections=99", "http://a.test/f?connections=99"},
      {"url=http://a.test/f&url=http://b.test/", "http://a.test/f&url=http://b.test/"},
      {"url=http://a.test/a b\"<>", "http://a.test/a%20b%22%3C%3E"},
      // An encoded one ends at '&' and is decoded once; '+' stays.
      {"url=http%3A%2F%2Fa.test%2Ffilm.mp4%3Fx%3D1%26y%3D2&client_id=c", "http://a.test/film.mp4?x=1&y=2"},
      {"url=http%3A//a.test/a%2520b", "http://a.test/a%20b"},
      {"url=http%3A//a.test/a+b", "http://a.test/a+b"},
      {"url=HTTP://a.test/f&client_id=c", "HTTP://a.test/f"},
      {"client_id=c&url=http://a.test/f", "http://a.test/f"},
      {"%75rl=http%3A//a.test/f", "http://a.test/f"},
      {"&&url=http://a.test/f", "http://a.test/f"},
      {"unknown=1&also&url=http://a.test/f", "http://a.test/f"},
  };
  for (const auto& row : rows) {
    const auto found = parse(row.query);
    BOOST_TEST(found.sources.size() == 1u);
    BOOST_TEST(found.sources.front().text() == url::parse(row.expected).value().text(),
               row.query << ": " << found.sources.front().text());
  }
}

BOOST_AUTO_TEST_CASE(mirrors_keep_their_order_behind_the_url) {
  const auto found = parse("mirror=http%3A//b.test/&mirror=https%3A//c.test/%3Fx%3D1&url=http://a.test/");
  BOOST_REQUIRE(found.sources.size() == 3u);
  BOOST_TEST(found.sources[0].text() == "http://a.test/");
  BOOST_TEST(found.sources[1].text() == "http://b.test/");
  BOOST_TEST(found.sources[2].text() == "https://c.test/?x=1");
}

BOOST_AUTO_TEST_CASE(limits_are_only_lowered) {
  BOOST_TEST(parse("url=http://a.test/").connections == 4u);
  BOOST_TEST(parse("url=http://a.test/").chunk_size == 1 * M);
  const struct {
    std::string query;
    unsigned connections;
    std::size_t chunk_size;
  } rows[]{
      {"connections=1&chunk_size=64K", 1, 64 * K},
      {"connections=4&chunk_size=1M", 4, 1 * M},
      {"connections=64&chunk_size=64M", 4, 1 * M},
      {"connections=2&connections=3", 2, 1 * M},
      {"chunk_size=65536", 4, 64 * K},
      {"chunk_size=0.5M", 4, 512 * K},
      {"chunk_size=512k", 4, 512 * K},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.query) {
      const auto found = parse(row.query + "&url=http://a.test/");
      BOOST_TEST(found.connections == row.connections);
      BOOST_TEST(found.chunk_size == row.chunk_size);
    }
  }
}

BOOST_AUTO_TEST_CASE(headers) {
  const auto found = parse("header=Referer:%20http://r/&header=X-A%3A+b&url=http://a.test/");
  BOOST_TEST(found.headers.size() == 2u);
  BOOST_TEST(found.headers.get("Referer") == "http://r/");
  BOOST_TEST(found.headers.get("X-A") == "+b");
  BOOST_TEST(found.header_lines() == "Referer: http://r/\nX-A: +b\n");
  BOOST_TEST(parse("url=http://a.test/").header_lines().empty());
}

BOOST_AUTO_TEST_CASE(names) {
  const auto found = parse("filename=a%20film.mp4&client_id=tv-1&url=http://a.test/");
  BOOST_TEST(found.file_name == "a film.mp4");
  BOOST_TEST(found.client_id == "tv-1");
}

BOOST_AUTO_TEST_CASE(bad_values_are_named) {
  const struct {
    std::string query, named;
  } rows[]{
      {"", "url"},
      {"url", "url"},
      {"url=", "url"},
      {"url=film.mp4", "url"},
      {"url=ftp%3A//a.test/", "url"},
      {"url=http://", "url"},
      {"url=http%3A//a.test/&url=http%3A//b.test/", "url"},
      {"url=http%3A//a.test/&url=http://b.test/", "url"},
      {"mirror=x&url=http://a.test/", "mirror"},
      {"mirror=&url=http://a.test/", "mirror"},
      {"connections=0&url=http://a.test/", "connections"},
      {"connections=65&url=http://a.test/", "connections"},
      {"connections=-1&url=http://a.test/", "connections"},
      {"connections=2x&url=http://a.test/", "connections"},
      {"connections=&url=http://a.test/", "connections"},
      {"connections=99999999999999999999&url=http://a.test/", "connections"},
      {"chunk_size=63K&url=http://a.test/", "chunk_size"},
      {"chunk_size=65M&url=http://a.test/", "chunk_size"},
      {"chunk_size=much&url=http://a.test/", "chunk_size"},
      {"chunk_size=-1M&url=http://a.test/", "chunk_size"},
      {"header=Referer&url=http://a.test/", "header"},
      {"header=Host: x&url=http://a.test/", "header"},
      {"header=Range: bytes=0-&url=http://a.test/", "header"},
      {"header=If-Range: x&url=http://a.test/", "header"},
      {"header=Accept-Encoding: gzip&url=http://a.test/", "header"},
      {"header=Content-Length: 1&url=http://a.test/", "header"},
      {"header=Expect: 100-continue&url=http://a.test/", "header"},
      {"header=Connection: close&url=http://a.test/", "header"},
      {"header=Transfer-Encoding: chunked&url=http://a.test/", "header"},
      {"header=A: b%0D%0AC: d&url=http://a.test/", "header"},
      {"filename=&url=http://a.test/", "filename"},
      {"client_id=&url=http://a.test/", "client_id"},
      {"client_id=a%20b&url=http://a.test/", "client_id"},
      {"gid=0123456789abcde", "gid"},
      {"gid=0123456789ABCDEF", "gid"},
      {"gid=", "gid"},
      {"gid=0123456789abcdef&gid=0123456789abcdef", "gid"},
      {"gid=0123456789abcdef&url=http://a.test/", "gid"},
      {"gid=0123456789abcdef&url=", "url"},
      {"client_id=" + std::string(65, 'x') + "&url=http://a.test/", "client_id"},
  };
  for (const auto& row : rows)
    BOOST_TEST(refused(row.query).starts_with(row.named + ":"), row.query << " → " << refused(row.query));
}

BOOST_AUTO_TEST_CASE(a_gid_stands_in_the_place_of_the_url) {
  const auto asked = parse_stream_query("gid=0123456789abcdef&connections=2&mirror=http%3A//b.test/", {});
  BOOST_REQUIRE(asked);
  BOOST_TEST(asked->gid == "0123456789abcdef");
  BOOST_TEST(asked->connections == 2U);
  BOOST_TEST(asked->sources.size() == 1U);
}

// A GID opens what its task names and nothing else.
BOOST_AUTO_TEST_CASE(only_a_gid_alone_is_a_capability) {
  for (const auto* query : {"gid=0123456789abcdef", "gid=0123456789abcdef&connections=2&filename=a&x=url",
                            "client_id=me&gid=0", "%67id=0", "gid"})
    BOOST_TEST(plays_gid_only(query), query);
  for (const auto* query :
       {"", "connections=2", "url=http://a.test/", "url=http://a.test/&gid=0", "gid=0&url=http://a.test/",
        "gid=0&url=", "gid=0&%75rl=x", "gid=0&mirror=http%3A//a.test/", "gid=0&%6dirror=x",
        "gid=0&header=A: b", "header=A: b&gid=0", "gid=0&url", "xgid=0", "GID=0"})
    BOOST_TEST(!plays_gid_only(query), query);
}

BOOST_AUTO_TEST_CASE(problems_leak_no_credentials) {
  for (const auto* query :
       {"url=http://user:secret@", "url=http%3A//user%3Asecret@&x", "mirror=user:secret@&url=http://a.test/",
        "header=Authorization%20secret&url=http://a.test/"}) {
    const auto detail = refused(query);
    BOOST_TEST(!detail.empty(), query);
    BOOST_TEST(detail.find("secret") == std::string::npos, detail);
  }
}

BOOST_AUTO_TEST_SUITE_END()
