// Random playlists: nothing but the references changes, and each rewritten one leads to exactly the URL that
// the original meant.

#include "hls/hls_support.hpp"
#include "hls/media_query.hpp"
#include "hls/sealed_url.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace millrace;

constexpr std::string_view stream = "0123456789abcdef0123456789abcdef";

class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  /// With the absolute URLs that its references mean, in their order.
  std::string playlist(const url& base, std::vector<std::string>& meant) {
    std::string out = pick({"", "\xef\xbb\xbf"});
    out += "#EXTM3U" + end();
    for (auto lines = random_() % 40; lines > 0; --lines)
      out += line(base, meant) + end();
    if (random_() % 3 == 0) out += "#EXT-X-ENDLIST";
    return out;
  }

  std::string url_text() {
    return pick({"http://h/", "https://cdn.example:8443/a/b/", "http://u:p@h/x/../y/"}) +
           pick({"", "l.m3u8", "l?q=/1"});
  }

 private:
  std::string pick(std::initializer_list<const char*> list) {
    return *(list.begin() + random_() % list.size());
  }
  std::string end() { return pick({"\n", "\r\n", " \n", "\n\n"}); }

  std::string reference() {
    std::string out =
        pick({"", "", "./", "../", "/", "//o/", "http://o/", "https://u:p@o:81/x/", "a/", "?", "a/../"});
    for (auto parts = 1 + random_() % 4; parts > 0; --parts)
      out += pick(
          {"seg", "1", ".ts", "/", "%20", "%", "\xc3\xbc", "?", "=", "&", "~", "..", "(", "+", " x", "'"});
    // White space around a line is no part of its reference.
    if (out.front() == ' ') out.insert(0, 1, 's');
    return out + pick({"", "", "", "#f"});
  }

  /// Appends what the reference means; one that cannot be resolved gives way to a plain one.
  std::string mean(const url& base, std::vector<std::string>& meant) {
    auto text = reference();
    auto resolved = base.resolve(text);
    if (!resolved || text.front() == '#') {
      text = "plain.ts";
      resolved = base.resolve(text);
    }
    meant.push_back(resolved->text());
    return text;
  }

  std::string line(const url& base, std::vector<std::string>& meant) {
    switch (random_() % 8) {
      case 0:
        return "#EXTINF:" + std::to_string(random_() % 10) + ",http://h/title";
      case 1:
        return "#EXT-X-KEY:METHOD=AES-128,X=\"a,URI=\",URI=\"" + mean(base, meant) + "\",IV=0x1";
      case 2:
        return "#EXT-X-MEDIA:URI=\"" + mean(base, meant) + "\",NAME=\"\xc3\xbc\",URI=\"" + mean(base, meant) +
               "\"";
      case 3:
        return "#EXT-X-UNKNOWN:URI=\"http://h/x\"";
      case 4:
        return "# comment http://h/x";
      case 5:
        return "#EXT-X-DATERANGE:X-ASSET-LIST=\"" + mean(base, meant) + "\",ID=\"" + reference() + "\"";
      case 6:
        return "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(random_());
      default:
        return mean(base, meant);
    }
  }

  std::mt19937 random_;
};

/// Every rewritten reference of the text opened again.
class opener final : public hls::uri_visitor {
 public:
  explicit opener(hls::url_sealer& sealer) : sealer_(sealer) {}

  void visit(const hls::found_uri& found) override {
    const auto reference = found.reference.substr(0, found.reference.find('#'));
    const auto mark = reference.find('?');
    BOOST_REQUIRE(mark != std::string_view::npos);
    const auto query = hls::split_media_query(reference.substr(mark + 1));
    BOOST_REQUIRE(query);
    BOOST_TEST(query->client_id == "me");
    const auto target = sealer_.open(stream, reference.substr(0, mark), query->token);
    BOOST_REQUIRE(target.has_value());
    BOOST_TEST((target->kind == found.kind));
    opened.push_back(target->target.text());
    // Relative, so that any prefix in front of it works.
    BOOST_TEST(found.absolute == "http://proxy/any/prefix/hls/id/" + std::string(reference));
  }

  std::vector<std::string> opened;

 private:
  hls::url_sealer& sealer_;
};

BOOST_AUTO_TEST_SUITE(rewriter_property)

BOOST_AUTO_TEST_CASE(random_playlists) {
  hls::url_sealer sealer(hls::sealing_key::derive("secret"));
  const auto proxy = test::parse_url("http://proxy/any/prefix/hls/id/playlist.m3u8?client_id=me");
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    generator make(seed);
    std::vector<std::string> meant;
    const auto base = test::parse_url(make.url_text());
    const auto original = test::parse(make.playlist(base, meant));
    const hls::playlist_source source{original, base, test::no_variables()};

    const auto same = hls::rewrite(source, test::write_same);
    BOOST_REQUIRE_MESSAGE(same.has_value(), seed << ": " << original.text());
    BOOST_REQUIRE_MESSAGE(same->text == original.text(), seed);

    const auto out = hls::rewrite(source, hls::sealing_writer{sealer, stream});
    BOOST_REQUIRE_MESSAGE(out.has_value(), seed);
    const auto read = test::parse(out->with_client("me"));
    opener all(sealer);
    BOOST_REQUIRE(!hls::walk_uris({read, proxy, test::no_variables()}, all).has_value());
    BOOST_REQUIRE_MESSAGE(all.opened == meant, seed);
    BOOST_TEST(read.lines().size() == original.lines().size());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
