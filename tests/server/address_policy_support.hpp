#pragma once
// What may be connected to is 127.0.0.1, and on 127.0.0.2 and 127.0.0.3, at the same port, somebody counts
// who comes.

#include "server/hls_support.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace millrace::test {

inline constexpr std::uint64_t policed_size = 2 * mebi;
inline constexpr std::uint64_t policed_seed = 31;

struct scripted_names {
  dns_server names;
};

struct policed_fixture : scripted_names, hls_fixture {
  explicit policed_fixture(const std::function<void(settings&)>& edit = [](settings&) {})
      : hls_fixture(policed(names, edit)),
        victim({.addresses = {"127.0.0.2", "127.0.0.3"}, .port = origin.port(), .query_behaviour = false}) {
    names.set("good.test", {"127.0.0.1"});
    names.set("bad.test", {"127.0.0.2", "127.0.0.3"});
    names.set("mixed.test", {"127.0.0.2", "127.0.0.1", "127.0.0.3"});
    names.set("turn.test", {"127.0.0.1"});
  }

  static settings policed(const dns_server& names, const std::function<void(settings&)>& edit) {
    auto config = hls_test_settings();
    config.upstream.dns_servers = {names.address()};
    config.upstream.dns_cache_limit = std::chrono::seconds(1);
    config.upstream.allow = {"127.0.0.1"};
    edit(config);
    return config;
  }

  /// From now on the name leads where it must not.
  void turn() { names.set("turn.test", {"127.0.0.2"}); }
  /// As `turn`, and nobody answers any more where it led: what connects again asks DNS again.
  void turn_at_once() {
    turn();
    origin.stop();
  }
  /// Until answers of DNS that were had before are no longer used.
  void outlive_answers() const { std::this_thread::sleep_for(milliseconds(1'100)); }

  /// A name that nobody knew when it was asked for and that now leads where it must not.
  void appear(const std::string& name) { names.set(name, {"127.0.0.2"}); }

  std::string at(const std::string& host, std::string_view path) const {
    return "http://" + host + ":" + std::to_string(origin.port()) + std::string(path);
  }
  raw_response play_url(const std::string& url, const std::string& parameters = {},
                        const std::string& method = "GET") const {
    return server.request(method, "/stream?" + parameters + "url=" + encoded(url));
  }
  void redirect(const std::string& path, const std::string& location) {
    origin.set(path, {.redirect = {{.location = location}}});
  }
  void set_file(const std::string& path) {
    origin.set(path, {.size = policed_size, .seed = policed_seed});
    victim.set(path, {.size = policed_size, .seed = policed_seed});
  }
  void check_untouched() const { BOOST_TEST(victim.totals().connections == 0U); }

  origin::server victim;
};

inline void check_forbidden(const raw_response& response) {
  check_problem(response, 403, "upstream-forbidden");
}

}  // namespace millrace::test
