#pragma once
// What the tests of /stream/{id} and of the registry ask of a server: streams that were posted, what the
// control plane says of them, and a viewer that reads a response as it comes.

#include "server/stream_support.hpp"
#include "support/ts_checker.hpp"
#include "support/viewer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace millrace::test {

using origin::live_source;
using std::chrono::milliseconds;

/// stream_settings() with the patience of a test. The upstream of a live stream is not waited for as long as
/// that of a file, so that the two can be told apart.
inline settings live_test_settings() {
  auto config = stream_settings();
  config.upstream.read_timeout = milliseconds(10'000);
  config.live.stall = milliseconds(600);
  config.live.grace = milliseconds(4'000);
  config.live.linger = milliseconds(300);
  config.registry.source_rest = milliseconds(20);
  config.registry.source_rest_limit = milliseconds(100);
  return config;
}

/// 16 Mbit/s on the wire in eight times the speed of life: a key frame each 120 ms.
inline live_source lively() {
  return {.bit_rate = 2'000'000, .speed = 8};
}

inline origin::behaviour broadcasting(live_source source, std::uint64_t seed = 7) {
  origin::behaviour rules{.seed = seed};
  rules.live = std::move(source);
  return rules;
}

struct live_fixture : stream_fixture {
  explicit live_fixture(settings config = live_test_settings(), origin::server_options options = {})
      : stream_fixture(std::move(config), std::move(options)) {}

  /// POST /streams with full URLs; answers the id.
  std::string post_urls(const std::vector<std::string>& urls, const boost::json::object& more = {}) const {
    boost::json::object body(more);
    body["url"] = urls.front();
    body["failover_urls"] = boost::json::array(urls.begin() + 1, urls.end());
    const auto answer = server.post("/streams", boost::json::serialize(body));
    BOOST_REQUIRE_EQUAL(answer.status, 200);
    return std::string(boost::json::parse(answer.body).at("stream_id").as_string());
  }
  /// The same with paths of the origin.
  std::string post(const std::vector<std::string>& paths, const boost::json::object& more = {}) const {
    std::vector<std::string> urls;
    for (const auto& each : paths)
      urls.push_back(origin.url(each));
    return post_urls(urls, more);
  }
  /// One path of the origin that behaves like this.
  std::string post_as(const std::string& path, origin::behaviour rules) {
    origin.set(path, std::move(rules));
    return post({path});
  }
  static std::string path_of(const std::string& id) { return "/stream/" + id; }
  raw_response get(const std::string& id, const std::string& lines = {},
                   const std::string& method = "GET") const {
    return server.request(method, path_of(id), lines);
  }
  std::unique_ptr<viewer> watch(const std::string& id, viewer_options how = {}) const {
    return std::make_unique<viewer>(server.port(), path_of(id), how);
  }
  raw_response fail_over(const std::string& id) const {
    return server.post("/streams/" + id + "/failover", {});
  }

  boost::json::object json(const std::string& target) const {
    const auto answer = server.request("GET", target);
    BOOST_REQUIRE_EQUAL(answer.status, 200);
    return boost::json::parse(answer.body).as_object();
  }
  boost::json::object info(const std::string& id) const {
    return json("/streams/" + id).at("stream").as_object();
  }
  boost::json::object totals() const { return json("/stats").at("proxy_stats").as_object(); }
  /// Payload bytes by what all clients, all streams and the process count; they must agree.
  std::uint64_t served() const {
    const auto sum = [](const boost::json::value& list, std::string_view name) {
      std::uint64_t all = 0;
      for (const auto& each : list.as_array())
        all += each.at(name).to_number<std::uint64_t>();
      return all;
    };
    const auto stats = json("/stats");
    const auto total = stats.at("proxy_stats").at("total_bytes_served").to_number<std::uint64_t>();
    BOOST_TEST(sum(stats.at("streams"), "total_bytes_served") == total);
    BOOST_TEST(sum(stats.at("clients"), "bytes_served") == total);
    return total;
  }
  /// Nothing plays any more.
  bool quiet() const {
    return eventually([&] {
      const auto& counters = server.shared().statistics;
      return counters.active_streams == 0 && counters.active_clients == 0;
    });
  }
  /// How many requests the origin answers on that path just now.
  std::uint64_t open(const std::string& path) const { return origin.of(path).active_requests; }
};

inline std::uint64_t count_of(const boost::json::object& of, std::string_view name) {
  return of.at(name).to_number<std::uint64_t>();
}
inline std::string text_of(const boost::json::object& of, std::string_view name) {
  return std::string(of.at(name).as_string());
}

/// The head that every live response has.
inline void check_live_head(const viewer& of) {
  BOOST_TEST(of.status() == 200);
  BOOST_TEST(of.header("Accept-Ranges").value_or("") == "none");
  BOOST_TEST(of.header("Content-Type").value_or("") == "video/mp2t");
  BOOST_TEST(!of.header("Content-Length"));
  BOOST_TEST(of.header("Access-Control-Allow-Origin").value_or("") == "*");
  BOOST_TEST(!of.header("X-Client-ID").value_or("").empty());
  BOOST_TEST(!of.header("X-Stream-ID").value_or("").empty());
}

/// Without the part of a packet that a viewer had when it stopped reading.
inline std::string whole_packets(std::string body) {
  body.resize(body.size() - body.size() % origin::ts_packet_size);
  return body;
}

/// Whole packets in order of which none is missing and none came twice.
inline void check_seamless(std::string_view body) {
  const auto seen = check_ts(body);
  BOOST_TEST(seen.clean(), seen.summary());
  BOOST_TEST(seen.gaps().empty(), seen.summary());
  BOOST_TEST(seen.repeats().empty(), seen.summary());
  BOOST_TEST(seen.unannounced_clock_jumps() == 0U, seen.summary());
}

/// Whole packets; where they do not continue, the decoder is told.
inline void check_announced(std::string_view body) {
  const auto seen = check_ts(body);
  BOOST_TEST(seen.clean(), seen.summary());
  BOOST_TEST(seen.unannounced_clock_jumps() == 0U, seen.summary());
}

}  // namespace millrace::test
