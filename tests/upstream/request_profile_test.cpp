#include "upstream/request_profile.hpp"

#include "http/message_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace {

using namespace millrace;
using namespace millrace::upstream;

url make_url(const std::string& text) {
  return url::parse(text).value();
}

request_profile plain() {
  return {.given = {}, .credential_origin = "http://home.test:80", .user_agent = "agent/1"};
}

request_profile with_header(const std::string& name, const std::string& value) {
  auto profile = plain();
  profile.given.add(name, value);
  return profile;
}

http::request_head head_of(const request_profile& profile, const std::string& target,
                           const wanted& bytes = wanted_all{}) {
  const auto text = profile.compose(make_url(target), bytes);
  const auto parsed = http::parse_request_head(text, 64 * 1024);
  BOOST_REQUIRE((parsed.state == http::head_state::complete));
  BOOST_TEST(parsed.consumed == text.size());
  return parsed.head;
}

std::string value(const http::request_head& head, std::string_view name) {
  BOOST_TEST(head.fields.count(name) <= 1u);
  return std::string(head.fields.get(name));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request_profile_test)

BOOST_AUTO_TEST_CASE(a_plain_request) {
  const auto head = head_of(plain(), "http://Home.test:8080/a%20b?x=1");
  BOOST_TEST(head.method == "GET");
  BOOST_TEST(head.target == "/a%20b?x=1");
  BOOST_TEST(head.version == 11u);
  BOOST_TEST(value(head, "Host") == "home.test:8080");
  BOOST_TEST(value(head, "User-Agent") == "agent/1");
  BOOST_TEST(value(head, "Accept-Encoding") == "identity");
  BOOST_TEST(head.keep_alive);
  BOOST_TEST(!head.fields.find("Range"));
  BOOST_TEST(!head.fields.find("Authorization"));
  BOOST_TEST(!head.fields.find("Cookie"));
}

BOOST_AUTO_TEST_CASE(accepted_codings) {
  auto profile = plain();
  profile.accepted_codings = "gzip, deflate";
  BOOST_TEST(value(head_of(profile, "http://home.test/"), "Accept-Encoding") == "gzip, deflate");
}

BOOST_AUTO_TEST_CASE(ranges) {
  constexpr byte_offset most = std::numeric_limits<byte_offset>::max();
  const struct {
    wanted bytes;
    std::string expected;
  } rows[]{
      {byte_range{0, 1}, "bytes=0-0"},
      {byte_range{100, 300}, "bytes=100-299"},
      {byte_range{most - 1, most}, "bytes=18446744073709551614-18446744073709551614"},
      {wanted_suffix{1}, "bytes=-1"},
      {wanted_suffix{most}, "bytes=-18446744073709551615"},
      {wanted_all{}, ""},
  };
  for (const auto& row : rows)
    BOOST_TEST(value(head_of(plain(), "http://home.test/", row.bytes), "Range") == row.expected);
}

BOOST_AUTO_TEST_CASE(given_headers_replace_the_default_ones) {
  const auto head = head_of(with_header("user-agent", "mine"), "http://elsewhere.test/");
  BOOST_TEST(value(head, "User-Agent") == "mine");
  const auto accepting = head_of(with_header("Accept", "video/*"), "http://elsewhere.test/");
  BOOST_TEST(value(accepting, "Accept") == "video/*");
  const auto referring = head_of(with_header("Referer", "http://a/"), "http://elsewhere.test/");
  BOOST_TEST(value(referring, "Referer") == "http://a/");
}

BOOST_AUTO_TEST_CASE(given_credentials_go_home_only) {
  const struct {
    std::string target;
    bool sent;
  } rows[]{
      {"http://home.test/", true},           {"http://HOME.test:80/other?q", true},
      {"http://home.test:81/", false},       {"https://home.test/", false},
      {"http://www.home.test/", false},      {"http://home.test.evil.test/", false},
      {"http://evil.test/home.test", false},
  };
  for (const auto& row : rows) {
    for (const auto* name : {"Authorization", "authorization", "Cookie", "COOKIE"}) {
      BOOST_TEST_CONTEXT(row.target << " " << name) {
        const auto head = head_of(with_header(name, "secret"), row.target);
        BOOST_TEST(value(head, name) == (row.sent ? "secret" : ""));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(userinfo_is_basic_authentication) {
  const struct {
    std::string target, expected;
  } rows[]{
      {"http://user:pass@a.test/", "Basic dXNlcjpwYXNz"},
      {"http://Aladdin:open%20sesame@a.test/", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
      {"http://user@a.test/", "Basic dXNlcjo="},
      {"http://a.test/", ""},
  };
  for (const auto& row : rows)
    BOOST_TEST(value(head_of(plain(), row.target), "Authorization") == row.expected, row.target);
  const auto given = with_header("Authorization", "Bearer x");
  BOOST_TEST(value(head_of(given, "http://user:pass@home.test/"), "Authorization") == "Bearer x");
  BOOST_TEST(value(head_of(given, "http://user:pass@away.test/"), "Authorization") == "Basic dXNlcjpwYXNz");
}

BOOST_AUTO_TEST_CASE(the_key_tells_apart_all_that_is_sent) {
  auto other_agent = plain();
  other_agent.user_agent = "agent/2";
  auto other_codings = plain();
  other_codings.accepted_codings = "gzip";
  auto two = with_header("A", "1");
  two.given.add("B", "2");
  const std::set<std::string> keys{plain().key(),
                                   other_agent.key(),
                                   other_codings.key(),
                                   two.key(),
                                   with_header("A", "1").key(),
                                   with_header("A", "2").key(),
                                   with_header("B", "1").key(),
                                   with_header("Authorization", "a").key(),
                                   with_header("Authorization", "b").key()};
  BOOST_TEST(keys.size() == 9u);
  BOOST_TEST(plain().key() == plain().key());
}

BOOST_AUTO_TEST_SUITE_END()
