#include "core/url.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace;

struct parts_case {
  std::string given;
  std::string text;
  std::string host;
  std::uint16_t port;
  std::string target;
  std::string host_header;
};
std::ostream& operator<<(std::ostream& out, const parts_case& each) {
  return out << each.given;
}

const std::vector<parts_case> good{
    {"http://a", "http://a", "a", 80, "/", "a"},
    {"http://a/", "http://a/", "a", 80, "/", "a"},
    {"https://a/b?c=d", "https://a/b?c=d", "a", 443, "/b?c=d", "a"},
    {"HTTP://Example.COM/Path", "HTTP://Example.COM/Path", "example.com", 80, "/Path", "example.com"},
    {"http://a?b", "http://a?b", "a", 80, "/?b", "a"},
    {"http://a/b#frag", "http://a/b", "a", 80, "/b", "a"},
    {"http://a/\r\nX: y", "http://a/%0D%0AX:%20y", "a", 80, "/%0D%0AX:%20y", "a"},
    {std::string("http://a/\0b", 11), "http://a/%00b", "a", 80, "/%00b", "a"},
    {"http://a#frag?x", "http://a", "a", 80, "/", "a"},
    {"http://a/b?c#d#e", "http://a/b?c", "a", 80, "/b?c", "a"},
    {"http://a:8080/b", "http://a:8080/b", "a", 8080, "/b", "a:8080"},
    {"http://a:/b", "http://a:/b", "a", 80, "/b", "a"},
    {"http://a:00080/b", "http://a:00080/b", "a", 80, "/b", "a"},
    {"https://a:80/", "https://a:80/", "a", 80, "/", "a:80"},
    {"http://a:65535/", "http://a:65535/", "a", 65535, "/", "a:65535"},
    {"http://[::1]:81/x", "http://[::1]:81/x", "::1", 81, "/x", "[::1]:81"},
    {"https://[2001:DB8::A]/x", "https://[2001:DB8::A]/x", "2001:db8::a", 443, "/x", "[2001:db8::a]"},
    {"http://[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]", "::ffff:1.2.3.4", 80, "/", "[::ffff:1.2.3.4]"},
    {"http://192.0.2.1/", "http://192.0.2.1/", "192.0.2.1", 80, "/", "192.0.2.1"},
    {"http://my_host.lan./", "http://my_host.lan./", "my_host.lan.", 80, "/", "my_host.lan."},
    {"http://%65xample.com/", "http://%65xample.com/", "example.com", 80, "/", "example.com"},
    // What RFC 3986 forbids is encoded.
    {"http://a/b c", "http://a/b%20c", "a", 80, "/b%20c", "a"},
    {"http://a/\xc3\xbc.mp4?t=\xc3\xbc", "http://a/%C3%BC.mp4?t=%C3%BC", "a", 80, "/%C3%BC.mp4?t=%C3%BC",
     "a"},
    {"http://a/[1]|{2}\"<>\\^`", "http://a/%5B1%5D%7C%7B2%7D%22%3C%3E%5C%5E%60", "a", 80,
     "/%5B1%5D%7C%7B2%7D%22%3C%3E%5C%5E%60", "a"},
    {"http://a/?x[]=1|2", "http://a/?x%5B%5D=1%7C2", "a", 80, "/?x%5B%5D=1%7C2", "a"},
    {"http://a/50%", "http://a/50%25", "a", 80, "/50%25", "a"},
    {"http://a/50%2", "http://a/50%252", "a", 80, "/50%252", "a"},
    {"http://a/%zz%2g", "http://a/%25zz%252g", "a", 80, "/%25zz%252g", "a"},
    {"http://a/\xff\x80", "http://a/%FF%80", "a", 80, "/%FF%80", "a"},
    // Everything else is kept.
    {"http://a/%2f%2F%c3%BC%00", "http://a/%2f%2F%c3%BC%00", "a", 80, "/%2f%2F%c3%BC%00", "a"},
    {"http://a/./b/../c//d;x=1,2", "http://a/./b/../c//d;x=1,2", "a", 80, "/./b/../c//d;x=1,2", "a"},
    {"http://a/x?u=http://b/?c=d&e=f:@/?", "http://a/x?u=http://b/?c=d&e=f:@/?", "a", 80,
     "/x?u=http://b/?c=d&e=f:@/?", "a"},
    {"http://a/!$&'()*+,;=:@-._~", "http://a/!$&'()*+,;=:@-._~", "a", 80, "/!$&'()*+,;=:@-._~", "a"},
    {"http://a//evil.example/", "http://a//evil.example/", "a", 80, "//evil.example/", "a"},
    // Names that people type.
    {"http://b\xc3\xbc"
     "cher.example/x",
     "http://b%C3%BCcher.example/x", "xn--bcher-kva.example", 80, "/x", "xn--bcher-kva.example"},
    {"http://B%C3%9Ccher.example/x", "http://B%C3%9Ccher.example/x", "xn--bcher-kva.example", 80, "/x",
     "xn--bcher-kva.example"},
    {"http://fa\xc3\x9f.de", "http://fa%C3%9F.de", "xn--fa-hia.de", 80, "/", "xn--fa-hia.de"},
};

struct credentials_case {
  std::string given;
  std::string text;
  std::optional<std::string> credentials;
};
std::ostream& operator<<(std::ostream& out, const credentials_case& each) {
  return out << each.given;
}

const std::vector<credentials_case> with_userinfo{
    {"http://h/", "http://h/", std::nullopt},
    {"http://@h/", "http://@h/", std::nullopt},
    {"http://u:p@h/", "http://u:p@h/", "u:p"},
    {"http://u@h/", "http://u@h/", "u:"},
    {"http://u:@h/", "http://u:@h/", "u:"},
    {"http://u:p:q@h/", "http://u:p:q@h/", "u:p:q"},
    {"http://me@mail.example:p@h/", "http://me%40mail.example:p@h/", "me@mail.example:p"},
    {"http://u%40x:p%3Aq%2f@h/", "http://u%40x:p%3Aq%2f@h/", "u@x:p:q/"},
    {"http://u:100%@h/", "http://u:100%25@h/", "u:100%"},
    {"http://u:p p\xc3\xbc@h/", "http://u:p%20p%C3%BC@h/", "u:p p\xc3\xbc"},
    {"http://u\\:p@h/", "http://u%5C:p@h/", "u\\:p"},
    {"http://u:[p]@[::1]/", "http://u:%5Bp%5D@[::1]/", "u:[p]"},
};

const std::vector<std::string> bad{"",
                                   "http",
                                   "http:",
                                   "http:/",
                                   "http://",
                                   "http:///path",
                                   "http://?q",
                                   "http://#f",
                                   "//a/b",
                                   "/a/b",
                                   "a/b",
                                   "a",
                                   "http:a",
                                   "http:/a",
                                   " http://a",
                                   "ftp://a/",
                                   "file:///etc/passwd",
                                   "javascript:alert(1)",
                                   "httpx://a",
                                   "1http://a",
                                   "http//a",
                                   "http://:80/",
                                   "http://u@/",
                                   "http://a:0/",
                                   "http://a:65536/",
                                   "http://a:99999999999/",
                                   "http://a:8x/",
                                   "http://a:-1/",
                                   "http://a:+1/",
                                   "http://a:80:80/",
                                   "http://a b/",
                                   "http://a%20b/",
                                   "http://a%00b/",
                                   "http://a%0d%0ab/",
                                   "http://a%2fb/",
                                   "http://a%3a80/",
                                   "http://a%40b/",
                                   "http://a%/",
                                   "http://a%zz/",
                                   "http://a\\b/",
                                   "http://a<b/",
                                   "http://a|b/",
                                   "http://a*b/",
                                   "http://a,b/",
                                   "http://[::1/",
                                   "http://::1/",
                                   "http://::1]/",
                                   "http://[::1]x/",
                                   "http://[]/",
                                   "http://[1.2.3.4]/",
                                   "http://[v1.x]/",
                                   "http://[fe80::1%25eth0]/",
                                   "http://[::1]]/",
                                   "http://[[::1]]/",
                                   "http://a[0]/",
                                   "http://[::g]/",
                                   "http://[::%31]/",
                                   "http://\xff\xfe/",
                                   "http://%ff/",
                                   "http://\xef\xbc\x8f/",
                                   "http://a\n/",
                                   std::string("http://a\0/", 10),
                                   "http://" + std::string(256, 'a') + "/"};

struct resolve_case {
  std::string reference;
  std::string result;
};
std::ostream& operator<<(std::ostream& out, const resolve_case& each) {
  return out << '"' << each.reference << '"';
}

// RFC 3986 §5.4, fragments dropped.
const std::string rfc_base = "http://a/b/c/d;p?q";
const std::vector<resolve_case> rfc_examples{
    {"g", "http://a/b/c/g"},
    {"./g", "http://a/b/c/g"},
    {"g/", "http://a/b/c/g/"},
    {"/g", "http://a/g"},
    {"//g", "http://g"},
    {"?y", "http://a/b/c/d;p?y"},
    {"g?y", "http://a/b/c/g?y"},
    {"#s", "http://a/b/c/d;p?q"},
    {"g#s", "http://a/b/c/g"},
    {"g?y#s", "http://a/b/c/g?y"},
    {";x", "http://a/b/c/;x"},
    {"g;x", "http://a/b/c/g;x"},
    {"g;x?y#s", "http://a/b/c/g;x?y"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"./", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../..", "http://a/"},
    {"../../", "http://a/"},
    {"../../g", "http://a/g"},
    {"../../../g", "http://a/g"},
    {"../../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {".g", "http://a/b/c/.g"},
    {"g..", "http://a/b/c/g.."},
    {"..g", "http://a/b/c/..g"},
    {"./../g", "http://a/b/g"},
    {"./g/.", "http://a/b/c/g/"},
    {"g/./h", "http://a/b/c/g/h"},
    {"g/../h", "http://a/b/c/h"},
    {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
    {"g;x=1/../y", "http://a/b/c/y"},
    {"g?y/./x", "http://a/b/c/g?y/./x"},
    {"g?y/../x", "http://a/b/c/g?y/../x"},
    {"g#s/./x", "http://a/b/c/g"},
    {"g#s/../x", "http://a/b/c/g"},
};

const std::vector<resolve_case> locations{
    {"http://other/x", "http://other/x"},
    {"HTTPS://Other/x", "HTTPS://Other/x"},
    {"https://other/a/../x", "https://other/x"},
    {"https://other", "https://other"},
    {"//other:81/x?y", "http://other:81/x?y"},
    {"/new file \xc3\xbc.mp4", "http://a/new%20file%20%C3%BC.mp4"},
    {"/50%/a%2Fb", "http://a/50%25/a%2Fb"},
    {"/x|y[0]?z={1}", "http://a/x%7Cy%5B0%5D?z=%7B1%7D"},
    {"?", "http://a/b/c/d;p?"},
    {"?q=http://b/", "http://a/b/c/d;p?q=http://b/"},
    {"./a:b", "http://a/b/c/a:b"},
    {"a/b:c", "http://a/b/c/a/b:c"},
    {"/..//g", "http://a//g"},
    {"../x//../y", "http://a/b/x/y"},
    {"http://u:p@other/x", "http://u:p@other/x"},
};

const std::vector<std::string> bad_locations{
    "ftp://a/x",    "mailto:a@b", "http:g",   "http:/g",      "data:text/plain,x",
    "javascript:1", "a:b",        "http://",  "//",           "///x",
    "//:80/",       "//a:0/",     "/x\r\ny",  "http://[::1/", std::string("/x\0", 3),
    "\t/x",         "//a b/",     "https://", "skd://key",    "http://a:99999/"};

std::string random_text(std::mt19937& random) {
  static const std::string alphabet = "ab/:?#[]@%20fF.\\|{} \xc3\xbc!$&'()*+,;=~-_^`\"<>";
  std::string text(std::uniform_int_distribution<std::size_t>(0, 24)(random), ' ');
  for (char& c : text)
    c = alphabet[std::uniform_int_distribution<std::size_t>(0, alphabet.size() - 1)(random)];
  return text;
}

void check_stable(const url& parsed) {
  const auto again = url::parse(parsed.text());
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->text() == parsed.text());
  BOOST_TEST(again->target() == parsed.target());
  BOOST_TEST(again->origin() == parsed.origin());
  BOOST_TEST((again->credentials() == parsed.credentials()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(url)

BOOST_DATA_TEST_CASE(takes_urls_apart, good) {
  const auto parsed = millrace::url::parse(sample.given);
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->text() == sample.text);
  BOOST_TEST(parsed->host() == sample.host);
  BOOST_TEST(parsed->port() == sample.port);
  BOOST_TEST(parsed->target() == sample.target);
  BOOST_TEST(parsed->host_header() == sample.host_header);
  BOOST_TEST(!parsed->credentials());
  check_stable(*parsed);
}

BOOST_DATA_TEST_CASE(decodes_userinfo, with_userinfo) {
  const auto parsed = millrace::url::parse(sample.given);
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->text() == sample.text);
  BOOST_TEST((parsed->credentials() == sample.credentials));
  BOOST_TEST(parsed->redacted().find('@') == std::string::npos);
  check_stable(*parsed);
}

BOOST_DATA_TEST_CASE(refuses_what_is_no_http_url, bad) {
  const auto parsed = millrace::url::parse(sample);
  BOOST_REQUIRE(!parsed.has_value());
  BOOST_TEST(parsed.error() == make_error_code(errc::invalid_url));
}

BOOST_DATA_TEST_CASE(resolves_the_examples_of_rfc_3986, rfc_examples) {
  const auto resolved = millrace::url::parse(rfc_base)->resolve(sample.reference);
  BOOST_REQUIRE(resolved.has_value());
  BOOST_TEST(resolved->text() == sample.result);
}

BOOST_DATA_TEST_CASE(resolves_locations, locations) {
  const auto resolved = millrace::url::parse(rfc_base)->resolve(sample.reference);
  BOOST_REQUIRE(resolved.has_value());
  BOOST_TEST(resolved->text() == sample.result);
  check_stable(*resolved);
}

BOOST_DATA_TEST_CASE(refuses_locations_that_lead_nowhere, bad_locations) {
  const auto resolved = millrace::url::parse(rfc_base)->resolve(sample);
  BOOST_REQUIRE(!resolved.has_value());
  BOOST_TEST(resolved.error() == make_error_code(errc::bad_redirect));
}

BOOST_AUTO_TEST_CASE(resolves_against_a_base_without_a_path) {
  BOOST_TEST(millrace::url::parse("http://a")->resolve("g")->text() == "http://a/g");
  BOOST_TEST(millrace::url::parse("http://a?q")->resolve("g")->text() == "http://a/g");
  BOOST_TEST(millrace::url::parse("http://a?q")->resolve("?r")->text() == "http://a?r");
  BOOST_TEST(millrace::url::parse("http://a/b/./c/../d?q")->resolve("")->text() == "http://a/b/./c/../d?q");
  BOOST_TEST(millrace::url::parse("http://a/b?q=/x/y")->resolve("g")->text() == "http://a/g");
}

BOOST_AUTO_TEST_CASE(keeps_the_authority_of_the_base) {
  const auto base = millrace::url::parse("https://u:p@[::1]:8443/a/b");
  const auto resolved = base->resolve("c");
  BOOST_TEST(resolved->text() == "https://u:p@[::1]:8443/a/c");
  BOOST_TEST(*resolved->credentials() == "u:p");
  BOOST_TEST(!base->resolve("//other/c")->credentials());
}

BOOST_AUTO_TEST_CASE(shows_no_secrets) {
  const auto parsed = millrace::url::parse("https://user:secret@Example.com:8443/live/a.m3u8?token=secret");
  BOOST_TEST(parsed->redacted() == "https://example.com:8443/live/a.m3u8");
  BOOST_TEST(millrace::url::parse("http://a?secret")->redacted() == "http://a/");
  BOOST_TEST(millrace::url::parse("http://u@[::1]:80/x")->redacted() == "http://[::1]/x");
}

BOOST_AUTO_TEST_CASE(names_the_origin) {
  BOOST_TEST(millrace::url::parse("HTTP://u:p@Example.COM/x")->origin() == "http://example.com:80");
  BOOST_TEST(millrace::url::parse("https://example.com")->origin() == "https://example.com:443");
  BOOST_TEST(millrace::url::parse("https://[::1]:1/")->origin() == "https://[::1]:1");
  BOOST_TEST(millrace::url::parse("https://a")->is_https());
  BOOST_TEST(!millrace::url::parse("http://a")->is_https());
}

BOOST_AUTO_TEST_CASE(splits_path_and_query) {
  BOOST_TEST(millrace::url::parse("http://a/b/c?d/e?f")->path() == "/b/c");
  BOOST_TEST(millrace::url::parse("http://a")->path() == "/");
  BOOST_TEST(millrace::url::parse("http://a?x")->path() == "/");
}

BOOST_AUTO_TEST_CASE(parsing_is_idempotent) {
  std::mt19937 random(1);
  const auto base = millrace::url::parse(rfc_base);
  for (int i = 0; i < 20'000; ++i) {
    const auto text = random_text(random);
    if (const auto parsed = millrace::url::parse("http://" + text)) check_stable(*parsed);
    if (const auto resolved = base->resolve(text)) check_stable(*resolved);
  }
}

BOOST_AUTO_TEST_CASE(decodes_triplets_and_nothing_else) {
  BOOST_TEST(percent_decode("a%20b%2Fc%c3%bc+d") == "a b/c\xc3\xbc+d");
  BOOST_TEST(percent_decode("%") == "%");
  BOOST_TEST(percent_decode("%4") == "%4");
  BOOST_TEST(percent_decode("%4x%%41") == "%4x%A");
  BOOST_TEST(percent_decode("%00") == std::string(1, '\0'));
  BOOST_TEST(percent_decode("%2541") == "%41");
}

BOOST_AUTO_TEST_CASE(encodes_and_decodes_every_byte) {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all += static_cast<char>(i);
  BOOST_TEST(percent_decode(percent_encode(all)) == all);
  BOOST_TEST(percent_encode("aZ09-._~") == "aZ09-._~");
  BOOST_TEST(percent_encode("a/b c\xc3\xbc%") == "a%2Fb%20c%C3%BC%25");
  BOOST_TEST(percent_encode("a/b?c", "/") == "a/b%3Fc");
}

BOOST_AUTO_TEST_SUITE_END()
