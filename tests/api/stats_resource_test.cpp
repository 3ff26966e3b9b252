#include "api/stats_resource.hpp"

#include "api/api_support.hpp"
#include "core/version.hpp"

using namespace millrace;
using namespace millrace::api;
using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(stats_resource_test)

namespace {

constexpr process_view process{.streams = 3,
                               .clients = 4,
                               .active_streams = 1,
                               .active_clients = 2,
                               .connections = 5,
                               .pooled = 6,
                               .memory_bytes = 7,
                               .buffer_bytes = 8,
                               .buffer_limit = 9};

}  // namespace

BOOST_AUTO_TEST_CASE(counters_of_the_process) {
  const auto start = statistics::clock::now() - std::chrono::seconds(100);
  statistics counters(start);
  counters.total_bytes_served = 1ULL << 40;
  counters.total_segments_served = 11;
  counters.upstream_open = 12;
  counters.count_retry(cause::dns);
  counters.count_failover(cause::dns);
  counters.count_failover(cause::tls);
  counters.sample_speed(start + std::chrono::seconds(1));
  const auto stats = read_back(proxy_stats(counters, process));
  const std::pair<const char*, std::int64_t> rows[] = {
      {"total_streams", 3},
      {"active_streams", 1},
      {"total_clients", 4},
      {"active_clients", 2},
      {"total_bytes_served", 1LL << 40},
      {"total_segments_served", 11},
      {"bytes_per_second", 1LL << 40},
      {"upstream_connections_open", 12},
      {"upstream_connections_pooled", 6},
      {"retries", 1},
      {"failovers", 2},
      {"memory_bytes", 7},
      {"buffer_bytes", 8},
  };
  for (const auto& [name, value] : rows)
    BOOST_TEST(number(stats, name) == value, name);
  BOOST_TEST(number(stats, "uptime_seconds") >= 100);
  BOOST_TEST(stats.size() == std::size(rows) + 1);
}

BOOST_AUTO_TEST_CASE(health_and_index) {
  const statistics counters;
  const auto well = read_back(health(counters, process, false));
  const std::vector<std::string> members{"status",         "version",        "uptime_seconds",
                                         "active_streams", "active_clients", "total_bytes_served"};
  BOOST_TEST(names(well) == members, boost::test_tools::per_element());
  BOOST_TEST(text(well, "status") == "healthy");
  BOOST_TEST(text(health(counters, process, true), "status") == "draining");

  const auto first = read_back(index(counters, process));
  BOOST_TEST(names(first) == (std::vector<std::string>{"name", "version", "message", "stats"}),
             boost::test_tools::per_element());
  BOOST_TEST(text(first, "name") == "millrace");
  BOOST_TEST(text(first, "version") == version());
  BOOST_TEST(number(first.at("stats").as_object(), "total_streams") == 3);
}

BOOST_AUTO_TEST_SUITE_END()
