#include "millracectl/views.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::ctl;

boost::json::object parse(std::string_view text) {
  return boost::json::parse(text).as_object();
}

BOOST_AUTO_TEST_SUITE(views_test)

BOOST_AUTO_TEST_CASE(a_table_shows_no_credentials_and_details_do) {
  const auto stream =
      parse(R"({"stream_id":"s","current_url":"http://u:p@h:81/live.ts?key=k","is_active":true,
      "current_failover_index":2,"client_count":3,"total_bytes_served":1572864,"stream_type":"direct",
      "error_count":0,"metadata":{"name":"News"},"failover_urls":["http://b/","http://c/"]})");
  BOOST_TEST(stream_table({stream}) ==
             "STREAM  TYPE    STATE   SOURCE      CLIENTS   SERVED  ERRORS  URL\n"
             "s       direct  active  failover 2        3  1.5 MiB       0  http://h:81/live.ts\n");
  const std::string details = stream_details(stream);
  BOOST_TEST(details.find("Plays from  failover 2, http://u:p@h:81/live.ts?key=k\n") != std::string::npos);
  BOOST_TEST(details.find("Failover 2  http://c/\n") != std::string::npos);
  BOOST_TEST(details.find("Metadata    name = News\n") != std::string::npos);
  BOOST_TEST(details.find("Last error") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(clients) {
  const auto client = parse(R"({"client_id":"tv","stream_id":"s","ip_address":"::1","bytes_served":1024,
      "last_seen":"2026-01-02T03:04:05Z","user_agent":"VLC"})");
  BOOST_TEST(client_table({client}) ==
             "CLIENT  STREAM  ADDRESS  SERVED  LAST SEEN             USER AGENT\n"
             "tv      s       ::1       1 KiB  2026-01-02T03:04:05Z  VLC\n");
  BOOST_TEST(client_details(client).starts_with("Client      tv\nStream      s\nAddress     ::1\n"));
}

BOOST_AUTO_TEST_CASE(nothing_is_said_in_words) {
  BOOST_TEST(stream_table({}) == "No streams.\n");
  BOOST_TEST(client_table({}) == "No clients.\n");
}

BOOST_AUTO_TEST_CASE(totals_know_units_by_their_names) {
  BOOST_TEST(totals(parse(R"({"active_streams":2,"total_bytes_served":1536,"uptime_seconds":61.5,
      "bytes_per_second":2048,"memory_bytes":1048576,"upstream":{"open_connections":3},"odd":[1]})")) ==
             "Active streams             2\n"
             "Total bytes served         1.5 KiB\n"
             "Uptime seconds             1 min 1 s\n"
             "Bytes per second           2 KiB/s\n"
             "Memory bytes               1 MiB\n"
             "Upstream Open connections  3\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
