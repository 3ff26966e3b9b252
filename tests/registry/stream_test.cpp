#include "registry/stream.hpp"

#include "registry/registry_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(stream_test)

BOOST_AUTO_TEST_CASE(kind_by_the_urls_extension) {
  for (const auto* text :
       {"http://a/live.m3u8", "http://a/LIVE.M3U8?x=.ts", "http://a/list.m3u", "http://a/x%2Em3u8"})
    BOOST_TEST((kind_of_url(make_url(text)) == stream_kind::hls), text);
  for (const auto* text : {"http://a/film.mkv", "http://a/live.ts", "http://a/", "http://a", "http://a/m3u8",
                           "http://a/x?f=.m3u8", "http://a/list.m3u8/segment", "http://a.m3u8/"})
    BOOST_TEST((kind_of_url(make_url(text)) == stream_kind::undecided), text);
}

BOOST_FIXTURE_TEST_CASE(sources_and_what_is_remembered_of_them, registry_fixture) {
  const auto one = all.post(make_definition({"http://a/x", "http://b/x"}));
  const auto sources = one->definition()->sources;
  BOOST_TEST(one->current_source() == 0U);
  failure why;
  why.code = errc::connection_refused;
  why.detail = "connection to a:80 refused";
  one->source_failed(sources[0], why);
  BOOST_TEST(one->source_order(sources).front() == 1U);
  BOOST_TEST(one->last_error().find("connection to a:80 refused") != std::string::npos);
  one->source_worked(sources[1]);
  BOOST_TEST(one->current_source() == 1U);
  // The definition changes, the source in use stays the one it was.
  one->redefine(make_definition({"http://a/x", "http://c/x", "http://b/x"}));
  BOOST_TEST(one->current_source() == 2U);
  one->redefine(make_definition({"http://a/x"}));
  BOOST_TEST(one->current_source() == 0U);
}

BOOST_FIXTURE_TEST_CASE(errors_are_counted_and_the_last_is_kept, registry_fixture) {
  const auto one = post("http://a/x");
  BOOST_TEST(one->last_error().empty());
  one->record_error("first");
  one->record_error("second");
  BOOST_TEST(one->errors == 2U);
  BOOST_TEST(one->last_error() == "second");
}

BOOST_FIXTURE_TEST_CASE(running_responses_are_moved, registry_fixture) {
  const auto one = post("http://a/x");
  std::vector<std::string> moves;
  const auto first = all.play(one, {.id = "c1", .user_agent = {}, .address = {}},
                              {.stop = [] {}, .move_to = [&](const url& to) { moves.push_back(to.text()); }});
  const auto still = play(one, "c2");  // cannot be moved
  BOOST_TEST(one->move_all_to(make_url("http://b/x")) == 1U);
  BOOST_TEST(moves.size() == 1U);
  BOOST_TEST(moves.front() == "http://b/x");
}

BOOST_AUTO_TEST_SUITE_END()
