#include "api/stream_resource.hpp"

#include "api/api_support.hpp"

#include <boost/json/array.hpp>

using namespace millrace;
using namespace millrace::api;
using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(stream_resource_test)

namespace {

const std::vector<std::string> info_members{
    "stream_id",          "original_url",          "current_url", "failover_urls", "current_failover_index",
    "failover_attempts",  "has_failover",          "user_agent",  "stream_type",   "client_count",
    "total_bytes_served", "total_segments_served", "error_count", "last_error",    "is_active",
    "created_at",         "last_access",           "metadata"};

const auto long_ago = wall_clock::time_point();

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_new_stream, registry_fixture) {
  const auto one = post("http://a/x.mkv");
  const auto info = read_back(stream_info(*one, long_ago));
  BOOST_TEST(names(info) == info_members, boost::test_tools::per_element());
  BOOST_TEST(text(info, "stream_id") == one->id());
  BOOST_TEST(text(info, "original_url") == "http://a/x.mkv");
  BOOST_TEST(text(info, "current_url") == "http://a/x.mkv");
  BOOST_TEST(info.at("failover_urls").as_array().empty());
  BOOST_TEST(!info.at("has_failover").as_bool());
  BOOST_TEST(text(info, "user_agent") == "");
  BOOST_TEST(text(info, "stream_type") == "direct");
  BOOST_TEST(text(info, "last_error") == "");
  BOOST_TEST(!info.at("is_active").as_bool());
  BOOST_TEST(info.at("metadata").as_object().empty());
  BOOST_TEST(is_time(text(info, "created_at")));
  BOOST_TEST(text(info, "last_access") == text(info, "created_at"));
  for (const auto* name : {"current_failover_index", "failover_attempts", "client_count",
                           "total_bytes_served", "total_segments_served", "error_count"})
    BOOST_TEST(number(info, name) == 0, name);
}

BOOST_FIXTURE_TEST_CASE(a_stream_that_has_seen_something, registry_fixture) {
  auto what = make_definition({"http://a/x.m3u8", "http://b/x", "http://c/x"});
  what.user_agent = "VLC";
  what.metadata = {{"z", "1"}, {"a", "2"}};
  what.headers = {{"Cookie", "secret"}};
  const auto one = all.post(what);
  visit(one, "c1");
  const auto running = play(one, "c2");
  (*running)->add_bytes(123);
  one->segments_served = 4;
  one->failovers = 2;
  one->record_error("the upstream went away");
  one->source_worked(one->definition()->sources[2]);
  const auto written = boost::json::serialize(stream_info(*one, long_ago));
  BOOST_TEST(written.find("secret") == std::string::npos);
  const auto info = boost::json::parse(written).as_object();
  BOOST_TEST(names(info) == info_members, boost::test_tools::per_element());
  BOOST_TEST(text(info, "original_url") == "http://a/x.m3u8");
  BOOST_TEST(text(info, "current_url") == "http://c/x");
  BOOST_TEST(boost::json::serialize(info.at("failover_urls")) == R"(["http://b/x","http://c/x"])");
  BOOST_TEST(number(info, "current_failover_index") == 2);
  BOOST_TEST(number(info, "failover_attempts") == 2);
  BOOST_TEST(info.at("has_failover").as_bool());
  BOOST_TEST(text(info, "user_agent") == "VLC");
  BOOST_TEST(text(info, "stream_type") == "hls");
  BOOST_TEST(number(info, "client_count") == 2);
  BOOST_TEST(number(info, "total_bytes_served") == 123);
  BOOST_TEST(number(info, "total_segments_served") == 4);
  BOOST_TEST(number(info, "error_count") == 1);
  BOOST_TEST(text(info, "last_error") == "the upstream went away");
  BOOST_TEST(info.at("is_active").as_bool());
  BOOST_TEST(text(info, "last_access") == "1970-01-01T00:00:00.000Z");  // now: it plays
  BOOST_TEST(boost::json::serialize(info.at("metadata")) == R"({"z":"1","a":"2"})");
}

BOOST_FIXTURE_TEST_CASE(types, registry_fixture) {
  const auto one = post("http://a/x");
  for (const auto& [kind, type] :
       {std::pair(stream_kind::undecided, "direct"), std::pair(stream_kind::hls, "hls"),
        std::pair(stream_kind::file, "direct"), std::pair(stream_kind::body, "direct"),
        std::pair(stream_kind::live, "direct")}) {
    one->turned_out(kind);
    BOOST_TEST(text(stream_info(*one, long_ago), "stream_type") == type);
    BOOST_TEST(text(stream_reply(*one, ""), "stream_type") == type);
  }
}

BOOST_FIXTURE_TEST_CASE(the_answer_to_a_post, registry_fixture) {
  auto what = make_definition({"http://a/x.mkv", "http://b/x"});
  what.user_agent = "VLC";
  what.metadata = {{"k", "v"}};
  const auto direct = all.post(what);
  const auto reply = read_back(stream_reply(*direct, "Stream created"));
  const std::vector<std::string> members{"stream_id",   "primary_url",     "failover_urls", "user_agent",
                                         "stream_type", "stream_endpoint", "message",       "metadata"};
  BOOST_TEST(names(reply) == members, boost::test_tools::per_element());
  BOOST_TEST(text(reply, "stream_id") == direct->id());
  BOOST_TEST(text(reply, "primary_url") == "http://a/x.mkv");
  BOOST_TEST(boost::json::serialize(reply.at("failover_urls")) == R"(["http://b/x"])");
  BOOST_TEST(text(reply, "stream_endpoint") == "/stream/" + direct->id());
  BOOST_TEST(text(reply, "message") == "Stream created");
  const auto hls = post("http://a/x.m3u8");
  BOOST_TEST(text(stream_reply(*hls, ""), "stream_endpoint") == "/hls/" + hls->id() + "/playlist.m3u8");
}

BOOST_FIXTURE_TEST_CASE(hostile_texts_stay_json, registry_fixture) {
  auto what = make_definition({"http://a/x"});
  what.user_agent = hostile;
  what.metadata = {{hostile, hostile}};
  const auto one = all.post(what);
  one->record_error(hostile);
  const auto info = read_back(stream_info(*one, long_ago));
  BOOST_TEST(text(info, "user_agent").starts_with("a\x01\"\\\n\xef\xbf\xbd"));
  BOOST_TEST(text(info, "last_error").ends_with("z"));
  BOOST_TEST(info.at("metadata").as_object().size() == 1U);
  read_back(stream_reply(*one, hostile));
}

BOOST_FIXTURE_TEST_CASE(lists, registry_fixture) {
  for (int i = 0; i < 3; ++i)
    post("http://a/" + std::to_string(i));
  const auto streams = all.streams();
  std::string written = "[";
  append_infos(written, std::span(streams).first(2), long_ago);
  append_infos(written, std::span(streams).subspan(2), long_ago);
  append_infos(written, std::span(streams).subspan(3), long_ago);
  const auto list = boost::json::parse(written + "]").as_array();
  BOOST_REQUIRE(list.size() == 3U);
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(text(list[i].as_object(), "stream_id") == streams[i]->id());
}

BOOST_AUTO_TEST_SUITE_END()
