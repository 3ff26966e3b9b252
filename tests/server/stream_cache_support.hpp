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

/// Two versions of a film that are alike up to `split`: a failover finds nothing to object to before it.
struct half_twins {
  std::string one, other;

  explicit half_twins(std::size_t size = 400'000, std::size_t split = 201'000)
      : one(origin::content_of(1, 0, size)),
        other(one.substr(0, split) + origin::content_of(2, split, size - split)) {}

  /// What an origin serves; the validator follows the text.
  static origin::behaviour serving(const std::string& film, const std::string& cache_control) {
    origin::behaviour rules;
    rules.text = film;
    rules.content_type = "video/mp2t";
    rules.headers = {{"Cache-Control", cache_control}};
    return rules;
  }
  /// Each response that has this byte breaks off before it.
  static void break_at(origin::behaviour& rules, std::uint64_t at) {
    rules.reset_at = origin::cut{.after = at, .absolute = true};
  }
  static void heal(origin::behaviour& rules) { rules.reset_at.reset(); }

  static bool is_part(const std::string& film, const raw_response& response, std::uint64_t begin) {
    return film.compare(begin, response.body.size(), response.body) == 0;
  }
  /// The answer to a Range from `asked` to the end: whole, or cut, or an error, and never of both.
  void check_unmixed(const raw_response& response, std::uint64_t asked = 0) const {
    const auto begin = response.status == 206 ? asked : 0;
    if (response.status / 100 != 2) {
      BOOST_TEST(response.status / 100 == 5);
      BOOST_TEST(!problem_member(response, "code").empty());
      return;
    }
    BOOST_TEST((is_part(one, response, begin) || is_part(other, response, begin)), "two versions are mixed");
    if (response.complete) BOOST_TEST(response.body.size() == one.size() - begin);
  }
};

}  // namespace millrace::test
