#pragma once
// A server with --cache beside the scripted origin, and what it costs the origin to play something.

#include "server/stream_support.hpp"

#include <memory>

namespace millrace::test {

inline settings caching(std::uint64_t size = 64 * mebi) {
  auto config = stream_settings();
  config.cache = {.on = true, .size = size};
  return config;
}

struct cache_fixture : stream_fixture {
  explicit cache_fixture(settings config = caching(), origin::server_options options = {})
      : stream_fixture(std::move(config), std::move(options)) {}

  const registry::statistics& counters() const { return server.shared().statistics; }
  std::uint64_t hits() const { return counters().cache_hits.load(); }
  /// Until the server is through with it, too: the last bytes are kept after they have been sent.
  raw_response play(std::string_view path, const std::string& lines = {}, std::string_view parameters = {},
                    const std::string& method = "GET") const {
    const auto before = answered();
    auto answer = stream_fixture::play(path, lines, parameters, method);
    BOOST_TEST(eventually([&] { return answered() > before; }));
    return answer;
  }
  /// Requests that are over.
  std::uint64_t answered() const {
    std::uint64_t all = 0;
    for (const auto& [route, count] : counters().requests())
      all += count;
    return all;
  }
  std::uint64_t misses() const { return counters().cache_misses.load(); }

  /// What the origin had to send for what `action` does, once it is through with it.
  template <class Action>
  std::uint64_t upstream_bytes(Action action) {
    const auto before = origin.totals().bytes_sent;
    action();
    origin.wait_until([&] { return origin.totals().active_requests == 0; });
    return origin.totals().bytes_sent - before;
  }

  template <class Action>
  std::uint64_t upstream_requests(Action action) {
    const auto before = origin.totals().requests;
    action();
    return origin.totals().requests - before;
  }
};

inline const std::string max_age = "max-age=3600";

/// A resource that may be used for an hour without asking.
inline origin::behaviour lasting(std::uint64_t size, std::uint64_t seed) {
  return {.size = size, .seed = seed, .headers = {{"Cache-Control", max_age}}};
}

}  // namespace millrace::test
