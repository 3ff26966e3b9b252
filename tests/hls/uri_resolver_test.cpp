#include "hls/uri_resolver.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace millrace;

struct reference_case {
  std::string reference;
  std::string absolute;  ///< empty for an error
};
std::ostream& operator<<(std::ostream& out, const reference_case& each) {
  return out << each.reference;
}

// RFC 3986 §5.4 with an http base, then what playlists bring along.
const std::vector<reference_case> references{
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
    {"g;x?y#s", "http://a/b/c/g;x?y"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {".g", "http://a/b/c/.g"},
    {"..g", "http://a/b/c/..g"},
    {"g/./h", "http://a/b/c/g/h"},
    {"g/../h", "http://a/b/c/h"},
    {"g?y/../x", "http://a/b/c/g?y/../x"},
    {"//h:81/x/y.ts?z", "http://h:81/x/y.ts?z"},
    {"https://o/x.ts", "https://o/x.ts"},
    {"https://o/x/../y.ts", "https://o/y.ts"},
    {"HTTP://O/x.ts", "HTTP://O/x.ts"},
    {"https://u:p@o/x.ts", "https://u:p@o/x.ts"},
    {"https://o/z.ts#f", "https://o/z.ts"},
    {"/x//y.ts", "http://a/x//y.ts"},
    {"x//y.ts", "http://a/b/c/x//y.ts"},
    {"a b.ts", "http://a/b/c/a%20b.ts"},
    {"\xc3\xbc.ts?\xc3\xbc", "http://a/b/c/%C3%BC.ts?%C3%BC"},
    {"%C3%bc%20.ts", "http://a/b/c/%C3%bc%20.ts"},
    {"50%.ts", "http://a/b/c/50%25.ts"},
    {"x%zz", "http://a/b/c/x%25zz"},
    {"x%4", "http://a/b/c/x%254"},
    {"a|b[1].ts", "http://a/b/c/a%7Cb%5B1%5D.ts"},
    {"./12:30.ts", "http://a/b/c/12:30.ts"},
    {"x/12:30.ts", "http://a/b/c/x/12:30.ts"},
    {"x?t=12:30", "http://a/b/c/x?t=12:30"},
    {"x?u=http://y/z", "http://a/b/c/x?u=http://y/z"},
    {"x?", "http://a/b/c/x?"},
    {"http://", ""},
    {"http:", ""},
    {"http:x", ""},
    {"http:///x", ""},
    {"//", ""},
    {"http://h:99999/", ""},
    {std::string("a\0b", 3), ""},
    {"a\rb", ""},
    {"data:text/plain,x", ""},
};

BOOST_AUTO_TEST_SUITE(uri_resolver)

BOOST_DATA_TEST_CASE(resolves_as_the_rfc_says, boost::unit_test::data::make(references), each) {
  const auto base = test::parse_url("http://a/b/c/d;p?q");
  hls::uri_resolver resolver(base);
  const auto resolved = resolver.resolve(each.reference);
  BOOST_TEST(resolved.has_value() == !each.absolute.empty());
  if (resolved) BOOST_TEST(*resolved == each.absolute);
}

struct class_case {
  std::string reference;
  bool foreign;
};
std::ostream& operator<<(std::ostream& out, const class_case& each) {
  return out << each.reference;
}
const std::vector<class_case> classes{
    {"a.ts", false},
    {"http://a", false},
    {"HTTPS://a", false},
    {"//a", false},
    {"/a:b", false},
    {"?a:b", false},
    {"#a:b", false},
    {"", false},
    {":x", false},
    {"1:x", false},
    {"\xc3\xbc:x", false},
    {"http:", false},
    {"data:x,y", true},
    {"DATA:x,y", true},
    {"skd://key", true},
    {"urn:uuid:1", true},
    {"c:\\films\\a.ts", true},
    {"ftp://a/b", true},
    {"javascript:x", true},
};

BOOST_DATA_TEST_CASE(schemes_decide_what_is_foreign, boost::unit_test::data::make(classes), each) {
  BOOST_TEST((hls::classify(each.reference) == hls::reference_class::foreign) == each.foreign);
}

// The short cuts never answer otherwise than the long way.
BOOST_AUTO_TEST_CASE(short_cuts_agree_with_the_long_way) {
  const std::vector<std::string> pieces{"a",
                                        "seg_1.ts",
                                        "/",
                                        "//",
                                        ".",
                                        "..",
                                        "?",
                                        "#",
                                        ":",
                                        "%",
                                        "%41",
                                        "\xc3\xbc",
                                        " ",
                                        "http://",
                                        "https://cdn.x",
                                        "https://cdn.x/",
                                        "@",
                                        "h",
                                        "=",
                                        "&",
                                        "~",
                                        "|",
                                        "http://a/b/",
                                        ";",
                                        "://",
                                        "[::1]"};
  const std::vector<std::string> bases{"http://a",
                                       "http://a?x/y",
                                       "http://a/b/../c/list.m3u8",
                                       "https://u:p@a:81/",
                                       "HTTP://A/x/y?z=/.",
                                       "http://a//b/./c",
                                       "http://[::1]/x/y",
                                       "https://cdn.x/a/b.m3u8?t=http://q/"};
  std::mt19937 random(20);
  for (const auto& text : bases) {
    const auto base = test::parse_url(text);
    hls::uri_resolver resolver(base);
    for (int i = 0; i < 20'000; ++i) {
      std::string reference;
      for (auto count = random() % 6; count > 0; --count)
        reference += pieces[random() % pieces.size()];
      const auto expected = base.resolve(reference);
      const auto found = resolver.resolve(reference);
      BOOST_REQUIRE_MESSAGE(found.has_value() == expected.has_value(), text << " + " << reference);
      if (expected)
        BOOST_REQUIRE_MESSAGE(*found == expected->text(), text << " + " << reference << ": " << *found);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
