#include "hls/sealed_url.hpp"

#include "hls/base64url.hpp"
#include "hls/hls_support.hpp"
#include "hls/media_query.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using hls::seal_error;
using hls::uri_kind;

constexpr std::string_view stream = "0123456789abcdef0123456789abcdef";

struct sealed_parts {
  std::string text, name, token;
};

struct fixture {
  hls::url_sealer sealer{hls::sealing_key::derive("secret")};

  sealed_parts seal(std::string_view absolute, uri_kind kind = uri_kind::resource,
                    const hls::variable_list& variables = test::no_variables(), bool segment = false,
                    bool posted = false) {
    std::string out = "before ";
    const auto place =
        sealer.seal(stream, absolute, kind, {.segment = segment, .posted = posted}, variables, out);
    out.insert(place, "ME");
    out.erase(0, 7);
    const auto query = out.find('?');
    const auto split = hls::split_media_query(std::string_view(out).substr(query + 1));
    BOOST_REQUIRE(split);
    BOOST_TEST(split->client_id == "ME");
    return {out, out.substr(0, query), std::string(split->token)};
  }
  bool opens(const sealed_parts& parts) { return sealer.open(stream, parts.name, parts.token).has_value(); }
};

const std::vector<std::string> urls{
    "https://cdn.example.com/live/1080p/seg_1.ts?token=abc",
    "http://h/seg.ts",
    "http://h/seg.ts?seg.ts",
    "http://h",
    "http://h/",
    "http://h/dir/?x=1",
    "HTTPS://U:P@H:8443/x.m4s",
    "http://h/%C3%BC%2f.ts?%00",
    "http://h/a/../seg.ts",
    "http://[::1]:81/x",
    "http://h/..",
    "http://h/x#",
};

BOOST_FIXTURE_TEST_SUITE(sealed_url, fixture)

BOOST_DATA_TEST_CASE(opens_to_the_same_url, boost::unit_test::data::make(urls), text) {
  const auto absolute = test::parse_url(text).text();
  for (const auto kind : {uri_kind::playlist, uri_kind::resource}) {
    const auto parts = seal(absolute, kind);
    const auto opened = sealer.open(stream, parts.name, parts.token);
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(opened->target.text() == absolute);
    BOOST_TEST(opened->kind == kind);
    BOOST_TEST(opened->variables.empty());
    BOOST_TEST(parts.text.find("example") == std::string::npos);
  }
}

// Links that players hold, and those in caches, stay valid: this text never changes.
BOOST_AUTO_TEST_CASE(tokens_are_the_same_in_every_version) {
  const auto parts = seal("https://cdn.example.com/live/seg_1.ts?token=abc");
  BOOST_TEST(parts.text ==
             "seg_1.ts?client_id=ME&t=5YmJnTkYRvsmu9JVg6A_LKSqrUzY_I-MbYLQL0VJnHNTowi3Y_C47vdViKIYBvtmSg");
  const auto list = seal("http://h/v/low.m3u8", uri_kind::playlist, {{"a", "1"}, {"host", "cdn"}});
  BOOST_TEST(list.text == "low.m3u8?client_id=ME&t=8Faa-BmQnqKkSKASrC6F3oBD7KCljkAtW0-jwphm4fWt_ELC");
}

BOOST_AUTO_TEST_CASE(tokens_are_stable_and_differ_where_urls_do) {
  BOOST_TEST(seal("http://h/a/x.ts").text == seal("http://h/a/x.ts").text);
  hls::url_sealer restarted(hls::sealing_key::derive("secret"));
  const auto before = seal("http://h/a/x.ts");
  BOOST_TEST(restarted.open(stream, before.name, before.token).has_value());
  // Equal names: the token tells them apart.
  const auto other = seal("http://h/b/x.ts");
  BOOST_TEST(before.name == other.name);
  BOOST_TEST(before.token != other.token);
  BOOST_TEST(seal("http://h/a/x.ts", uri_kind::playlist).token != before.token);
}

BOOST_AUTO_TEST_CASE(variables_travel_to_playlists_alone) {
  const hls::variable_list variables{
      {"a", ""}, {"long", std::string(300, 'x')}, {"b", std::string("\0\x01\xff", 3)}};
  const auto list = seal("http://h/x.m3u8", uri_kind::playlist, variables);
  BOOST_TEST((sealer.open(stream, list.name, list.token)->variables == variables));
  BOOST_TEST(seal("http://h/x.ts", uri_kind::resource, variables).text == seal("http://h/x.ts").text);
}

BOOST_AUTO_TEST_CASE(the_name_may_come_in_another_encoding) {
  const auto parts = seal("http://h/%C3%BC x.ts");
  BOOST_TEST(parts.name == "%C3%BC%20x.ts");
  BOOST_TEST(sealer.open(stream, "%c3%bc%20x.ts", parts.token).has_value());
  BOOST_TEST(sealer.open(stream, "\xc3\xbc x.ts", parts.token).has_value());
}

BOOST_AUTO_TEST_CASE(whatever_was_not_sealed_does_not_open) {
  const auto parts = seal("https://cdn.example.com/live/1080p/seg_1.ts?token=abc");
  BOOST_TEST(opens(parts));
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t i = 0; i < parts.token.size(); ++i) {
    for (const auto bit : {1U, 8U, 32U}) {
      auto changed = parts;
      changed.token[i] = digits[digits.find(changed.token[i]) ^ bit];
      BOOST_TEST(!opens(changed));
    }
    BOOST_TEST(!opens({parts.text, parts.name, parts.token.substr(0, i)}));
  }
  BOOST_TEST(!opens({parts.text, parts.name, parts.token + "A"}));
  BOOST_TEST(!opens({parts.text, parts.name, parts.token + "AA"}));
  BOOST_TEST(!opens({parts.text, "seg_2.ts", parts.token}));
  BOOST_TEST(!opens({parts.text, "", parts.token}));
  const auto elsewhere = sealer.open("1123456789abcdef0123456789abcdef", parts.name, parts.token);
  BOOST_TEST((elsewhere.error() == seal_error::foreign));
  BOOST_TEST(opens(parts));
  hls::url_sealer foreign(hls::sealing_key::derive("Secret"));
  BOOST_TEST((foreign.open(stream, parts.name, parts.token).error() == seal_error::foreign));
  BOOST_TEST((sealer.open(stream, parts.name, "").error() == seal_error::malformed));
  BOOST_TEST((sealer.open(stream, parts.name, "!").error() == seal_error::malformed));
  BOOST_TEST((sealer.open(stream, parts.name, "QUJD").error() == seal_error::malformed));
}

BOOST_AUTO_TEST_CASE(names_and_streams_are_not_mixed_up) {
  const auto parts = seal("http://h/ab");
  BOOST_TEST(!sealer.open(std::string(stream) + "a", "b", parts.token).has_value());
}

BOOST_AUTO_TEST_CASE(an_empty_secret_is_a_secret) {
  hls::url_sealer empty(hls::sealing_key::derive(""));
  const auto parts = seal("http://h/x.ts");
  BOOST_TEST(!empty.open(stream, parts.name, parts.token).has_value());
}

BOOST_AUTO_TEST_CASE(tokens_are_short) {
  const std::string absolute =
      "https://edge-3.cdn.example.net/vod/1234/5678/1080p/segment_100000.ts?token=0123456789";
  // 16 bytes of authentication, one of flags, one for the name; scheme and name are left out.
  BOOST_TEST(seal(absolute).token.size() == ((absolute.size() - 8 - 17 + 18) * 4 + 2) / 3);
}

BOOST_AUTO_TEST_CASE(a_playlist_is_rewritten_with_sealed_urls) {
  const auto text = test::parse("#EXTM3U\n#EXTINF:1,\nseg.ts#t=1,2\n#EXT-X-MAP:URI=\"init.mp4\"\n");
  const auto base = test::parse_url("http://h/a/list.m3u8");
  const auto out = hls::rewrite({text, base, test::no_variables()}, hls::sealing_writer{sealer, stream});
  BOOST_REQUIRE(out.has_value());
  const auto segment = seal("http://h/a/seg.ts", uri_kind::resource, test::no_variables(), true, true);
  BOOST_TEST(sealer.open(stream, segment.name, segment.token)->marks.segment);
  const auto init = seal("http://h/a/init.mp4", uri_kind::resource, test::no_variables(), false, true);
  BOOST_TEST(!sealer.open(stream, init.name, init.token)->marks.segment);
  BOOST_TEST(out->with_client("ME") ==
             "#EXTM3U\n#EXTINF:1,\n" + segment.text + "#t=1,2\n#EXT-X-MAP:URI=\"" + init.text + "\"\n");
}

BOOST_AUTO_TEST_CASE(fragments_bring_nothing_in) {
  const auto text = test::parse("#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"q\"\n#EXT-X-MAP:URI=\"i#{$q}\"\n");
  const auto base = test::parse_url("http://h/list.m3u8?q=%22%0A%23EXT");
  const auto out = hls::rewrite({text, base, test::no_variables()}, hls::sealing_writer{sealer, stream});
  // A line break is refused as it would be anywhere in a reference.
  BOOST_TEST((out.error().code == hls::problem_code::bad_reference));
  const auto quoted = test::parse_url("http://h/list.m3u8?q=%22x");
  const auto encoded =
      hls::rewrite({text, quoted, test::no_variables()}, hls::sealing_writer{sealer, stream});
  BOOST_REQUIRE(encoded.has_value());
  BOOST_TEST(encoded->text.find("#%22x\"\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
