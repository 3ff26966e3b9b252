#include "hls/presentation.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using hls::presentation;

std::shared_ptr<registry::stream> stream_of(const registry_settings& config, const std::string& id) {
  registry::stream_definition what;
  what.sources = {test::parse_url("http://a/m.m3u8"), test::parse_url("http://b/m.m3u8")};
  return std::make_shared<registry::stream>(id, what, config);
}

hls::seen_ptr seen(const std::string& text) {
  return std::make_shared<const hls::seen_playlist>(hls::seen_playlist{
      .fetched = {test::parse(text), test::parse_url("http://a/m.m3u8"), {}}, .imported = {}});
}

struct fixture {
  registry_settings config;
  std::shared_ptr<registry::stream> stream = stream_of(config, "1");
  presentation of{stream};
  url a = test::parse_url("http://a/m.m3u8"), b = test::parse_url("http://b/m.m3u8");

  void remember_owner(std::string_view absolute, const url& source) {
    of.remember_owners(std::array{presentation::key_of(absolute)}, of.slot(source));
  }
};

BOOST_FIXTURE_TEST_SUITE(presentation_test, fixture)

BOOST_AUTO_TEST_CASE(one_track_for_each_url) {
  const auto first = of.track_of(a);
  BOOST_TEST((of.track_of(a) == first));
  BOOST_TEST((of.track_of(b) != first));
}

BOOST_AUTO_TEST_CASE(counterparts_are_one_track) {
  const auto first = of.track_of(a);
  of.join(a, b);
  BOOST_TEST((of.track_of(b) == first));
  // One that players follow already stays what it is.
  const auto c = test::parse_url("http://c/m.m3u8");
  const auto own = of.track_of(c);
  of.join(a, c);
  BOOST_TEST((of.track_of(c) == own));
  // Nobody has asked for that one.
  of.join(test::parse_url("http://nobody/"), test::parse_url("http://else/"));
  BOOST_TEST((of.track_of(test::parse_url("http://else/")) != first));
}

BOOST_AUTO_TEST_CASE(urls_without_end_do_not_fill_it) {
  const auto early = of.track_of(a);
  of.join(a, b);
  std::weak_ptr<hls::track> forgotten = of.track_of(test::parse_url("http://a/first"));
  for (int i = 0; i < 3'000; ++i) {
    of.track_of(test::parse_url("http://a/" + std::to_string(i)));
    // Who comes again and again stays.
    BOOST_REQUIRE((of.track_of(a) == early));
  }
  BOOST_TEST(forgotten.expired());
}

BOOST_AUTO_TEST_CASE(sources_keep_their_numbers) {
  BOOST_TEST(of.slot(b) == 0U);
  BOOST_TEST(of.slot(a) == 1U);
  BOOST_TEST(of.slot(b) == 0U);
}

BOOST_AUTO_TEST_CASE(the_last_source_that_names_a_url_owns_it) {
  const auto segment = test::parse_url("http://cdn/1.ts");
  BOOST_TEST(!of.owner_of(segment).has_value());
  remember_owner(segment.text(), a);
  BOOST_TEST((of.owner_of(segment).value() == a));
  remember_owner(segment.text(), b);
  BOOST_TEST((of.owner_of(segment).value() == b));
}

BOOST_AUTO_TEST_CASE(what_is_named_again_and_again_is_not_forgotten) {
  const auto segment = test::parse_url("http://cdn/1.ts");
  remember_owner(segment.text(), a);
  for (int i = 0; i < 60'000; ++i)
    remember_owner("http://cdn/x" + std::to_string(i), b);
  BOOST_TEST((of.owner_of(segment).value() == a));
  for (int i = 60'000; i < 160'000; ++i)
    remember_owner("http://cdn/x" + std::to_string(i), b);
  BOOST_TEST(!of.owner_of(segment).has_value());
  BOOST_TEST((of.owner_of(test::parse_url("http://cdn/x159999")).value() == b));
}

BOOST_AUTO_TEST_CASE(playlists_are_remembered_by_source) {
  BOOST_TEST((of.top(a) == nullptr));
  const auto top = seen("#EXTM3U\n"), low = seen("#EXTM3U\n#EXTINF:1,\n1.ts\n"), newer = seen("#EXTM3U\n\n");
  of.remember_top(a, top);
  BOOST_TEST((of.top(a) == top));
  BOOST_TEST((of.top(b) == nullptr));
  const auto one = test::parse_url("http://a/1.m3u8"), two = test::parse_url("http://a/2.m3u8");
  of.remember_media(a, one, low);
  of.remember_media(a, two, low);
  of.remember_media(a, one, newer);
  const auto list = of.media(a);
  BOOST_REQUIRE_EQUAL(list.size(), 2U);
  BOOST_TEST((list[0].first == one && list[0].second == newer));
  BOOST_TEST((list[1].first == two));
  BOOST_TEST(of.media(b).empty());
  for (int i = 0; i < 200; ++i)
    of.remember_media(a, test::parse_url("http://a/v" + std::to_string(i)), low);
  BOOST_TEST(of.media(a).size() == 64U);
}

BOOST_AUTO_TEST_CASE(what_is_no_playlist) {
  BOOST_TEST(!of.is_no_playlist(a));
  of.remember_no_playlist(a);
  BOOST_TEST(of.is_no_playlist(a));
  BOOST_TEST(!of.is_no_playlist(b));
}

BOOST_AUTO_TEST_CASE(a_stream_that_was_posted_again_begins_anew) {
  hls::presentation_list all;
  const auto first = all.of(stream);
  BOOST_TEST((all.of(stream) == first));
  BOOST_TEST(first->is_of(stream));
  const auto again = stream_of(config, "1");
  BOOST_TEST(!first->is_of(again));
  BOOST_TEST((all.of(again) != first));
  stream.reset();
  BOOST_TEST(first->orphaned());
  all.clean_up(std::chrono::steady_clock::now());
  BOOST_TEST((all.of(again) != first));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
