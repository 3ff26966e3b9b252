#include "api/client_resource.hpp"

#include "api/api_support.hpp"

#include <boost/json/array.hpp>

using namespace millrace;
using namespace millrace::api;
using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(client_resource_test)

BOOST_FIXTURE_TEST_CASE(a_client, registry_fixture) {
  const auto one = post("http://a/x");
  {
    const auto running = play(one, "tv");
    (*running)->add_bytes(77);
    const auto info = client_info(*all.find_client("tv"), wall_clock::time_point());
    BOOST_TEST(text(info, "last_seen") == "1970-01-01T00:00:00.000Z");  // now: it plays
  }
  const auto info = read_back(client_info(*all.find_client("tv"), wall_clock::time_point()));
  const std::vector<std::string> members{"client_id",  "stream_id", "user_agent",   "ip_address",
                                         "first_seen", "last_seen", "bytes_served", "segments_served"};
  BOOST_TEST(names(info) == members, boost::test_tools::per_element());
  BOOST_TEST(text(info, "client_id") == "tv");
  BOOST_TEST(text(info, "stream_id") == one->id());
  BOOST_TEST(text(info, "user_agent") == "mpv");
  BOOST_TEST(text(info, "ip_address") == "192.0.2.1");
  BOOST_TEST(is_time(text(info, "first_seen")));
  BOOST_TEST(is_time(text(info, "last_seen")));
  BOOST_TEST(text(info, "last_seen") >= text(info, "first_seen"));
  BOOST_TEST(number(info, "bytes_served") == 77);
  BOOST_TEST(number(info, "segments_served") == 0);
}

BOOST_FIXTURE_TEST_CASE(hostile_texts_stay_json, registry_fixture) {
  const auto one = post("http://a/x");
  const auto running = all.play(one, {.id = "c", .user_agent = hostile, .address = ""}, {.stop = [] {}});
  std::string written = "[";
  const auto clients = all.clients();
  append_infos(written, std::span(clients), wall_clock::now());
  const auto list = boost::json::parse(written + "]").as_array();
  BOOST_REQUIRE(list.size() == 1U);
  BOOST_TEST(text(list[0].as_object(), "user_agent").starts_with("a\x01\"\\\n\xef\xbf\xbd"));
  BOOST_TEST(text(list[0].as_object(), "ip_address") == "");
}

BOOST_AUTO_TEST_SUITE_END()
