#include "api/metrics.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <sstream>
#include <string>

using namespace millrace;
using namespace millrace::api;
using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(metrics_test)

namespace {

/// Sample → value, as they stand in the text.
std::map<std::string, double> samples(const std::string& text) {
  std::map<std::string, double> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const auto space = line.rfind(' ');
    BOOST_REQUIRE(space != std::string::npos);
    BOOST_TEST(found.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second,
               "twice: " << line);
  }
  return found;
}

constexpr process_view process{.streams = 3,
                               .clients = 4,
                               .connections = 5,
                               .pooled = 6,
                               .memory_bytes = 7,
                               .buffer_bytes = 8,
                               .buffer_limit = 9};

}  // namespace

BOOST_AUTO_TEST_CASE(values) {
  statistics counters;
  counters.count_request("/stream/{}", 206);
  counters.count_request("/stream/{}", 206);
  counters.total_bytes_served = (1ULL << 52) + 1;
  counters.bytes_fetched = 20;
  counters.bytes_wasted = 21;
  counters.stalls = 22;
  counters.stalled_nanoseconds = 1'500'000'000;
  counters.upstream_refused = 23;
  counters.cache_hits = 24;
  counters.cache_misses = 25;
  counters.cache_hit_bytes = 26;
  counters.cache_evictions = 27;
  counters.cache_bytes = 28;
  counters.count_retry(cause::low_speed);
  counters.count_failover(cause::manual);
  counters.first_byte.observe(std::chrono::milliseconds(3));
  counters.first_byte.observe(std::chrono::seconds(100));
  const auto found = samples(metrics_text(counters, process));
  const std::pair<const char*, double> rows[] = {
      {R"(millrace_requests_total{route="/stream/{}",status="206"})", 2},
      {"millrace_client_bytes_total", 4503599627370497},
      {"millrace_upstream_bytes_total", 20},
      {"millrace_upstream_wasted_bytes_total", 21},
      {"millrace_client_stalls_total", 22},
      {"millrace_client_stalled_seconds_total", 1.5},
      {"millrace_upstream_connections_refused_total", 23},
      {"millrace_cache_hits_total", 24},
      {"millrace_cache_misses_total", 25},
      {"millrace_cache_hit_bytes_total", 26},
      {"millrace_cache_evictions_total", 27},
      {"millrace_cache_bytes", 28},
      {R"(millrace_retries_total{cause="low_speed"})", 1},
      {R"(millrace_retries_total{cause="refused"})", 0},
      {R"(millrace_failovers_total{cause="manual"})", 1},
      {R"(millrace_first_byte_seconds_bucket{le="0.0025"})", 0},
      {R"(millrace_first_byte_seconds_bucket{le="0.005"})", 1},
      {R"(millrace_first_byte_seconds_bucket{le="60"})", 1},
      {R"(millrace_first_byte_seconds_bucket{le="+Inf"})", 2},
      {"millrace_first_byte_seconds_count", 2},
      {"millrace_first_byte_seconds_sum", 100.003},
      {"millrace_seek_first_byte_seconds_count", 0},
      {"millrace_upstream_latency_seconds_count", 0},
      {"millrace_failover_gap_seconds_count", 0},
      {"millrace_streams_registered", 3},
      {"millrace_clients_registered", 4},
      {"millrace_client_connections_open", 5},
      {"millrace_upstream_connections_pooled", 6},
      {"millrace_resident_memory_bytes", 7},
      {"millrace_buffer_bytes", 8},
      {"millrace_buffer_limit_bytes", 9},
  };
  for (const auto& [name, value] : rows) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_REQUIRE(found.contains(name));
      BOOST_TEST(found.at(name) == value, boost::test_tools::tolerance(1e-12));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_cause_is_there) {
  const statistics counters;
  const auto found = samples(metrics_text(counters, process));
  for (std::size_t i = 0; i < cause_count; ++i) {
    const auto label = "{cause=\"" + std::string(name_of(static_cast<cause>(i))) + "\"}";
    BOOST_TEST(found.contains("millrace_retries_total" + label), label);
    BOOST_TEST(found.contains("millrace_failovers_total" + label), label);
  }
}

// The rules of the exposition format that promtool checks.
BOOST_AUTO_TEST_CASE(names_follow_the_rules) {
  const statistics counters;
  std::istringstream lines(metrics_text(counters, process));
  std::map<std::string, std::string> types;
  std::set<std::string> helps;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string mark, what, name, rest;
    words >> mark >> what >> name >> rest;
    if (mark != "#") continue;
    BOOST_TEST(name.starts_with("millrace_"), line);
    if (what == "HELP") {
      BOOST_TEST(helps.insert(name).second, line);
      BOOST_TEST(!rest.empty(), line);
    } else {
      BOOST_TEST(what == "TYPE");
      types[name] = rest;
    }
  }
  BOOST_TEST(types.size() == helps.size());
  for (const auto& [name, type] : types) {
    BOOST_TEST((type == "counter") == name.ends_with("_total"), name);
    if (type == "histogram") BOOST_TEST(name.ends_with("_seconds"), name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
