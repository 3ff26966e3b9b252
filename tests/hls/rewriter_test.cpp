#include "hls/rewriter.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using hls::problem_code;
using hls::uri_kind;

struct tag_case {
  std::string line;      ///< with the reference "x"
  std::string expected;  ///< the line with "<http://h/a/b/x>" in its place
  uri_kind kind;
};
std::ostream& operator<<(std::ostream& out, const tag_case& each) {
  return out << each.line;
}

const std::vector<tag_case> tags{
    {"x", "<http://h/a/b/x>", uri_kind::resource},
    {"#EXT-X-KEY:METHOD=AES-128,URI=\"x\",IV=0x1",
     "#EXT-X-KEY:METHOD=AES-128,URI=\"<http://h/a/b/x>\",IV=0x1", uri_kind::resource},
    {"#EXT-X-SESSION-KEY:URI=\"x\",METHOD=AES-128",
     "#EXT-X-SESSION-KEY:URI=\"<http://h/a/b/x>\",METHOD=AES-128", uri_kind::resource},
    {"#EXT-X-MAP:BYTERANGE=\"1@2\",URI=\"x\"", "#EXT-X-MAP:BYTERANGE=\"1@2\",URI=\"<http://h/a/b/x>\"",
     uri_kind::resource},
    {"#EXT-X-PART:DURATION=0.3,URI=\"x\"", "#EXT-X-PART:DURATION=0.3,URI=\"<http://h/a/b/x>\"",
     uri_kind::resource},
    {"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x\"", "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"<http://h/a/b/x>\"",
     uri_kind::resource},
    {"#EXT-X-RENDITION-REPORT:URI=\"x\",LAST-MSN=1",
     "#EXT-X-RENDITION-REPORT:URI=\"<http://h/a/b/x>\",LAST-MSN=1", uri_kind::playlist},
    {"#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"a,URI=\",URI=\"x\"",
     "#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"a,URI=\",URI=\"<http://h/a/b/x>\"", uri_kind::playlist},
    {"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"x\"",
     "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"<http://h/a/b/x>\"", uri_kind::playlist},
    {"#EXT-X-IMAGE-STREAM-INF:URI=\"x\"", "#EXT-X-IMAGE-STREAM-INF:URI=\"<http://h/a/b/x>\"",
     uri_kind::playlist},
    {"#EXT-X-SESSION-DATA:DATA-ID=\"d\",URI=\"x\",VALUE=\"x\"",
     "#EXT-X-SESSION-DATA:DATA-ID=\"d\",URI=\"<http://h/a/b/x>\",VALUE=\"x\"", uri_kind::resource},
    {"#EXT-X-CONTENT-STEERING:SERVER-URI=\"x\",PATHWAY-ID=\"p\"",
     "#EXT-X-CONTENT-STEERING:SERVER-URI=\"<http://h/a/b/x>\",PATHWAY-ID=\"p\"", uri_kind::resource},
    {"#EXT-X-DATERANGE:ID=\"i\",X-ASSET-URI=\"x\"",
     "#EXT-X-DATERANGE:ID=\"i\",X-ASSET-URI=\"<http://h/a/b/x>\"", uri_kind::playlist},
    {"#EXT-X-DATERANGE:X-ASSET-LIST=\"x\",ID=\"i\"",
     "#EXT-X-DATERANGE:X-ASSET-LIST=\"<http://h/a/b/x>\",ID=\"i\"", uri_kind::resource},
    // Not as the draft wants it, but players read it.
    {"#EXT-X-MAP:URI=x,A=1", "#EXT-X-MAP:URI=<http://h/a/b/x>,A=1", uri_kind::resource},
    {"#EXT-X-MAP: URI = \"x\" , A=1", "#EXT-X-MAP: URI = \"<http://h/a/b/x>\" , A=1", uri_kind::resource},
    {"  x\t", "  <http://h/a/b/x>\t", uri_kind::resource},
};

BOOST_AUTO_TEST_SUITE(rewriter)

BOOST_DATA_TEST_CASE(every_tag_with_a_reference, boost::unit_test::data::make(tags), each) {
  std::vector<uri_kind> kinds;
  const auto write = [&](const hls::found_uri& found, hls::rewritten_playlist& out) {
    kinds.push_back(found.kind);
    test::write_absolute(found, out);
  };
  for (const std::string end : {"", "\n", "\r\n"}) {
    const auto out = test::rewrite("\xef\xbb\xbf#EXTM3U\r\n\n" + each.line + end, write);
    BOOST_REQUIRE(out.has_value());
    BOOST_TEST(out->text == "\xef\xbb\xbf#EXTM3U\r\n\n" + each.expected + end);
  }
  BOOST_TEST(kinds == std::vector<uri_kind>(3, each.kind), boost::test_tools::per_element());
}

const std::vector<std::string> kept{
    "#EXT-X-KEY:METHOD=NONE",
    "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://key\",KEYFORMAT=\"com.apple.streamingkeydelivery\"",
    "#EXT-X-KEY:METHOD=AES-128,URI=\"data:text/plain;base64,AAAA\"",
    "#EXT-X-MAP:uri=\"x\"",
    "#EXT-X-SESSION-DATA:DATA-ID=\"d\",VALUE=\"http://h/x\"",
    "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,INSTREAM-ID=\"CC1\"",
    "#EXT-X-DATERANGE:ID=\"i\",X-COM-URI=\"http://h/x\",URI=\"x\"",
    "#EXT-X-STREAM-INF:BANDWIDTH=1,URI=\"x\"",
    "#EXT-X-UNKNOWN:URI=\"http://h/x\"",
    "#EXT-X-UNKNOWN:URI=\"open",
    "#EXTINF:1,http://h/x",
    "# http://h/x",
    "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"http://h/x\"",
    "data:text/plain,x",
    "#EXT-X-UNKNOWN:" + std::string(100'000, 'x'),
};
BOOST_DATA_TEST_CASE(all_else_stays, boost::unit_test::data::make(kept), line) {
  const std::string text = "#EXTM3U\n" + line + "\r\n \n";
  const auto out = test::rewrite(text, test::write_absolute);
  BOOST_REQUIRE(out.has_value());
  BOOST_TEST((out->text == text));
}

BOOST_AUTO_TEST_CASE(every_duplicate_is_replaced) {
  const auto out = test::rewrite(
      "#EXTM3U\n#EXT-X-MAP:URI=\"x\",URI=\"http://o/y\"\n"
      "#EXT-X-DATERANGE:X-ASSET-URI=\"x\",X-ASSET-LIST=\"y\"\n",
      test::write_absolute);
  BOOST_TEST(out->text ==
             "#EXTM3U\n#EXT-X-MAP:URI=\"<http://h/a/b/x>\",URI=\"<http://o/y>\"\n"
             "#EXT-X-DATERANGE:X-ASSET-URI=\"<http://h/a/b/x>\",X-ASSET-LIST=\"<http://h/a/b/y>\"\n");
}

BOOST_AUTO_TEST_CASE(the_tag_before_a_line_tells_its_kind_and_never_the_extension) {
  const auto base = test::parse_url("http://h/m.m3u8");
  const auto text = test::parse(
      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n# "
      "comment\n\n#EXT-X-UNKNOWN\na.ts\nb.m3u8\n#EXTINF:1,\nc.m3u8\n");
  test::collector all;
  BOOST_TEST(!hls::walk_uris({text, base, test::no_variables()}, all).has_value());
  BOOST_REQUIRE(all.seen.size() == 3U);
  BOOST_TEST(all.seen[0].kind == uri_kind::playlist);
  BOOST_TEST(all.seen[1].kind == uri_kind::resource);
  BOOST_TEST(all.seen[2].kind == uri_kind::resource);
}

BOOST_AUTO_TEST_CASE(special_references) {
  const auto out = test::rewrite(
      "#EXTM3U\n#EXT-X-MAP:URI=\"\"\n#EXT-X-MAP:URI=\"#f\"\n#EXT-X-MAP:URI=\"?z\"\n//o/p\n../x#y\n",
      [](const hls::found_uri& found, hls::rewritten_playlist& to) {
        test::write_absolute(found, to);
        to.text.append(found.fragment);
      });
  BOOST_TEST(out->text ==
             "#EXTM3U\n#EXT-X-MAP:URI=\"<http://h/a/b/list.m3u8?q=1>\"\n"
             "#EXT-X-MAP:URI=\"<http://h/a/b/list.m3u8?q=1>#f\"\n"
             "#EXT-X-MAP:URI=\"<http://h/a/b/list.m3u8?z>\"\n<http://o/p>\n<http://h/a/x>#y\n");
}

BOOST_AUTO_TEST_CASE(variables_are_put_into_references_alone) {
  const std::string text =
      "#EXTM3U\n#EXT-X-DEFINE:NAME=\"v\",VALUE=\"w\"\n#EXT-X-DEFINE:IMPORT=\"host\"\n#EXT-X-DEFINE:"
      "QUERYPARAM=\"q\"\n"
      "#EXTINF:1,{$v}\nhttp://{$host}/"
      "{$v}.ts?{$q}\n#EXT-X-MAP:URI=\"{$v}\",X=\"{$v}\"\n#EXT-X-KEY:URI=\"{$v}:k\"\n";
  const auto out =
      test::rewrite(text, test::write_absolute, "http://h/l?q=1", {{"host", "cdn"}, {"secret", "s"}});
  BOOST_REQUIRE(out.has_value());
  BOOST_TEST(out->text ==
             "#EXTM3U\n#EXT-X-DEFINE:NAME=\"v\",VALUE=\"w\"\n#EXT-X-DEFINE:IMPORT=\"host\"\n#EXT-X-DEFINE:"
             "QUERYPARAM=\"q\"\n"
             "#EXTINF:1,{$v}\n<http://cdn/w.ts?1>\n#EXT-X-MAP:URI=\"<http://h/"
             "w>\",X=\"{$v}\"\n#EXT-X-KEY:URI=\"{$v}:k\"\n");
}

BOOST_AUTO_TEST_CASE(variables_reach_the_playlists_below_and_nothing_else) {
  const auto base = test::parse_url("http://h/m.m3u8?k=v");
  const hls::variable_list imported{{"above", "1"}};
  const auto master = test::parse(
      "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"1\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n"
      "#EXT-X-DEFINE:QUERYPARAM=\"k\"\n");
  test::collector below_master;
  BOOST_TEST(!hls::walk_uris({master, base, imported}, below_master).has_value());
  const hls::variable_list all{{"a", "1"}, {"k", "v"}};
  BOOST_TEST((below_master.seen.at(0).exported == all));

  const auto media =
      test::parse("#EXTM3U\n#EXT-X-DEFINE:NAME=\"own\",VALUE=\"2\"\n#EXT-X-RENDITION-REPORT:URI=\"r\"\n");
  test::collector below_media;
  BOOST_TEST(!hls::walk_uris({media, base, imported}, below_media).has_value());
  BOOST_TEST((below_media.seen.at(0).exported == imported));
}

struct problem_case {
  std::string text;
  hls::problem expected;
};
std::ostream& operator<<(std::ostream& out, const problem_case& each) {
  return out << each.text;
}
const std::vector<problem_case> problems{
    {"{$a}\n", {problem_code::undefined_variable, 2}},
    {"#EXT-X-MAP:URI=\"{$a}\"\n", {problem_code::undefined_variable, 2}},
    {"\n#EXT-X-DEFINE:IMPORT=\"a\"\n", {problem_code::undefined_variable, 3}},
    {"#EXT-X-DEFINE:QUERYPARAM=\"a\"\n", {problem_code::undefined_variable, 2}},
    {"x{$a}\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"1\"\n", {problem_code::undefined_variable, 2}},
    {"#EXT-X-DEFINE:X=1\n", {problem_code::bad_definition, 2}},
    {"#EXT-X-MAP:URI=\"open\n", {problem_code::bad_attributes, 2}},
    {"#EXT-X-KEY:URI=\"x\",IV=\"open\n", {problem_code::bad_attributes, 2}},
    {"http://\n", {problem_code::bad_reference, 2}},
    {"a\nhttp:x\n", {problem_code::bad_reference, 3}},
    {"a\x01"
     "b\n",
     {problem_code::bad_reference, 2}},
};
BOOST_DATA_TEST_CASE(problems_have_lines, boost::unit_test::data::make(problems), each) {
  const auto out = test::rewrite("#EXTM3U\n" + each.text, test::write_same);
  BOOST_REQUIRE(!out.has_value());
  BOOST_TEST(out.error() == each.expected);
}

BOOST_AUTO_TEST_CASE(the_client_id_is_put_in_while_copying) {
  const auto write = [](const hls::found_uri&, hls::rewritten_playlist& out) {
    out.text += "n?client_id=";
    out.client_ids.push_back(static_cast<std::uint32_t>(out.text.size()));
    out.text += "&t=T";
  };
  const auto out = test::rewrite("#EXTM3U\na\n#EXTINF:1,\nb\n", write);
  BOOST_REQUIRE(out.has_value());
  BOOST_TEST(out->with_client("me") == "#EXTM3U\nn?client_id=me&t=T\n#EXTINF:1,\nn?client_id=me&t=T\n");
  BOOST_TEST(out->with_client("me").size() == out->size_with(2));
  BOOST_TEST(out->with_client("") == out->text);
}

BOOST_AUTO_TEST_CASE(edits_go_between_references) {
  const auto text = test::parse("#EXTM3U\nfirst\nsecond\nend");
  const auto base = test::parse_url("http://h/");
  const std::vector<hls::text_edit> edits{
      {0, 0, "^"}, {8, 0, "new\n"}, {8, 0, "more\n"}, {13, 1, "|"}, {24, 0, "$"}};
  const auto out = hls::rewrite({text, base, test::no_variables()}, test::write_absolute, edits);
  BOOST_TEST(out->text == "^#EXTM3U\nnew\nmore\n<http://h/first>|<http://h/second>\n<http://h/end>$");
}

BOOST_AUTO_TEST_CASE(the_output_is_bounded) {
  std::string text = "#EXTM3U\n";
  for (int i = 0; i < 1'000; ++i)
    text += "x\n";
  const auto out = test::rewrite(text, [](const hls::found_uri&, hls::rewritten_playlist& to) {
    to.text.append(std::size_t{1} << 20, 'y');
  });
  BOOST_REQUIRE(!out.has_value());
  BOOST_TEST((out.error().code == problem_code::output_too_large));
}

BOOST_AUTO_TEST_CASE(variables_and_long_bases_do_not_fill_the_memory) {
  std::string text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"" + std::string(8'000, 'x') + "\"\n";
  for (int i = 0; i < 20'000; ++i)
    text += "{$a}\n";
  const auto out = test::rewrite(text, [](const hls::found_uri&, hls::rewritten_playlist&) {});
  BOOST_TEST((out.error().code == problem_code::output_too_large));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
