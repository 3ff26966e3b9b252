#include "millracectl/monitor_view.hpp"

#include "millracectl/text.hpp"

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace millrace::ctl;
namespace json = boost::json;
using std::chrono::seconds;

json::object stats(std::size_t streams, std::size_t clients, std::uint64_t served) {
  json::array all_streams, all_clients;
  for (std::size_t i = 0; i < streams; ++i) {
    all_streams.push_back(
        {{"stream_id", "s" + std::to_string(i)},
         {"total_bytes_served", served * i},
         {"current_url", "http://name:secret@host/live/" + std::to_string(i) + ".ts?key=secret"}});
  }
  for (std::size_t i = 0; i < clients; ++i) {
    all_clients.push_back(
        {{"client_id", "c" + std::to_string(i)}, {"stream_id", "s0"}, {"bytes_served", served}});
  }
  return {{"proxy_stats",
           {{"total_streams", streams}, {"total_clients", clients}, {"total_bytes_served", served}}},
          {"streams", all_streams},
          {"clients", all_clients}};
}

bool any_contains(const std::vector<std::string>& lines, std::string_view part) {
  for (const auto& each : lines) {
    if (each.find(part) != std::string::npos) return true;
  }
  return false;
}

BOOST_AUTO_TEST_SUITE(monitor_view_test)

BOOST_AUTO_TEST_CASE(the_busiest_come_first) {
  rate_meter meter;
  const rate_meter::clock::time_point start{seconds(100)};
  const look first = take_look(stats(3, 1, 1024), meter, start);
  BOOST_TEST(!first.rate);
  BOOST_TEST(first.streams[0].name == "s0 ");

  const look second = take_look(stats(3, 1, 3072), meter, start + seconds(2));
  BOOST_TEST(second.rate.value() == 1024);
  BOOST_TEST(second.streams[0].name == "s2 ");
  BOOST_TEST(second.streams[0].rate.value() == 2048);
  BOOST_TEST(second.clients[0].rate.value() == 1024);

  const auto lines = plain_lines(second, "NOW");
  BOOST_REQUIRE(lines.size() == 5U);
  BOOST_TEST(
      lines[0].starts_with("NOW total   3 streams (0 active), 1 client (0 active), 1 KiB/s, 3 KiB served"));
  BOOST_TEST(lines[1].starts_with("NOW stream  s2      2 KiB/s   6 KiB"));
  BOOST_TEST(lines[4].starts_with("NOW client  c0      1 KiB/s   3 KiB  s0"));
  BOOST_TEST(!any_contains(lines, "secret"));
}

BOOST_AUTO_TEST_CASE(a_screen_is_never_overfull) {
  for (const std::size_t streams : {0U, 1U, 5U, 100U}) {
    for (const std::size_t clients : {0U, 1U, 5U, 100U}) {
      rate_meter meter;
      const look what = take_look(stats(streams, clients, 1), meter, {});
      for (std::size_t rows = 1; rows <= 30; ++rows) {
        const auto lines = screen_lines(what, "headline", 40, rows);
        BOOST_TEST(lines.size() <= rows);
        for (const auto& each : lines)
          BOOST_TEST(display_width(each) <= 40U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_counted) {
  rate_meter meter;
  // 30 rows: 3 of the head, 13 for each table with its title, one between.
  const auto lines = screen_lines(take_look(stats(100, 100, 1), meter, {}), "headline", 200, 30);
  BOOST_TEST(lines.size() == 30U);
  BOOST_TEST(lines[15] == "… 89 more");
  BOOST_TEST(lines[29] == "… 89 more");

  const auto few = screen_lines(take_look(stats(2, 100, 1), meter, {}), "headline", 200, 30);
  BOOST_TEST(few[5].starts_with("s1"));
  BOOST_TEST(few[6] == "");
  BOOST_TEST(few[29] == "… 79 more");
}

BOOST_AUTO_TEST_CASE(tolerates_any_document) {
  rate_meter meter;
  const json::object odd{{"proxy_stats", 1}, {"streams", {1, nullptr, json::object{}}}, {"clients", "none"}};
  const look what = take_look(odd, meter, {});
  BOOST_TEST(what.streams.size() == 1U);
  BOOST_TEST(what.clients.empty());
  BOOST_TEST(plain_lines(what, "NOW").size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
