#include "server/stats_handler.hpp"

#include "server/control_support.hpp"

#include <chrono>

using namespace millrace;
using namespace millrace::test;
using names = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(stats_handler_test)

BOOST_FIXTURE_TEST_CASE(everything_and_its_parts, control_fixture) {
  const auto one = add("http://192.0.2.7/");
  const auto other = add("http://192.0.2.8/");
  const auto running = play(one, "tv", 30);
  play(other, "phone", 12);

  const auto all = get("/stats");
  BOOST_TEST(all.size() == 3U);
  const auto& totals = all.at("proxy_stats").as_object();
  BOOST_TEST(number(totals, "total_streams") == 2);
  BOOST_TEST(number(totals, "active_streams") == 1);
  BOOST_TEST(number(totals, "total_clients") == 2);
  BOOST_TEST(number(totals, "active_clients") == 1);
  BOOST_TEST(number(totals, "total_bytes_served") == 42);
  BOOST_TEST(number(totals, "memory_bytes") > 1'000'000);
  for (const auto* name :
       {"total_segments_served", "uptime_seconds", "bytes_per_second", "upstream_connections_open",
        "upstream_connections_pooled", "retries", "failovers", "buffer_bytes"})
    BOOST_TEST(number(totals, name) >= 0, name);
  BOOST_TEST(column(all.at("streams"), "stream_id") == (names{one->id(), other->id()}),
             boost::test_tools::per_element());
  BOOST_TEST(column(all.at("clients"), "client_id") == (names{"tv", "phone"}),
             boost::test_tools::per_element());

  const auto streams = get("/stats/streams");
  BOOST_TEST(number(streams, "total_streams") == 2);
  BOOST_TEST(boost::json::serialize(streams.at("streams").as_array().at(1)) ==
             boost::json::serialize(all.at("streams").as_array().at(1)));
  const auto clients = get("/stats/clients");
  BOOST_TEST(number(clients, "total_clients") == 2);
  BOOST_TEST(boost::json::serialize(clients.at("clients").as_array().at(1)) ==
             boost::json::serialize(all.at("clients").as_array().at(1)));
  for (const auto* path : {"/stats", "/stats/streams", "/stats/clients"})
    check_head(server, path);
}

BOOST_FIXTURE_TEST_CASE(nothing_yet, control_fixture) {
  const auto all = get("/stats");
  BOOST_TEST(all.at("streams").as_array().empty());
  BOOST_TEST(all.at("clients").as_array().empty());
}

// 1,000 streams and 5,000 clients; the limit of 20 ms is measured by the benchmark, here only the shape.
BOOST_FIXTURE_TEST_CASE(a_crowd, control_fixture) {
  for (int i = 0; i < 1'000; ++i) {
    const auto one = add("http://192.0.2.7/" + std::to_string(i) + ".ts");
    for (int k = 0; k < 5; ++k)
      play(one, "c" + std::to_string(i) + "." + std::to_string(k));
  }
  auto fastest = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto response = server.request("GET", "/stats");
    fastest = std::min(fastest, std::chrono::steady_clock::now() - begin);
    BOOST_TEST(response.complete);
    if (i > 0) continue;
    const auto all = control_body(response);
    BOOST_TEST(all.at("streams").as_array().size() == 1'000U);
    BOOST_TEST(all.at("clients").as_array().size() == 5'000U);
  }
  const std::chrono::duration<double, std::milli> took = fastest;
  BOOST_TEST_MESSAGE("GET /stats took " << took.count() << " ms");
}

BOOST_AUTO_TEST_CASE(index) {
  const running_server server;
  const auto body = control_body(server.request("GET", "/"));
  BOOST_TEST(body.size() == 4U);
  BOOST_TEST(text(body, "name") == "millrace");
  BOOST_TEST(!text(body, "version").empty());
  BOOST_TEST(!text(body, "message").empty());
  BOOST_TEST(number(body.at("stats").as_object(), "total_streams") == 0);
  check_head(server, "/");
}

BOOST_AUTO_TEST_SUITE_END()
