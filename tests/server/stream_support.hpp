#pragma once
// The scripted origin and a whole server in one process, and what the tests of /stream ask of them.

#include "core/url.hpp"
#include "faulty_origin/server.hpp"
#include "server/fixture.hpp"
#include "support/dns_server.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::test {

inline constexpr std::uint64_t kibi = 1024;
inline constexpr std::uint64_t mebi = 1024 * kibi;

/// local_settings() with time-outs and back-offs that a test can wait for. Chunks are small, so that small
/// files have many. No name but localhost exists.
inline settings stream_settings() {
  static const dns_server no_names;
  using std::chrono::milliseconds;
  auto config = local_settings();
  config.upstream.dns_servers = {no_names.address()};
  config.upstream.backoff_first = milliseconds(10);
  config.upstream.backoff_limit = milliseconds(80);
  config.upstream.read_timeout = milliseconds(2'000);
  config.upstream.connect_timeout = milliseconds(2'000);
  config.transfer.chunk_size = 256 * kibi;
  config.transfer.connections = 4;
  return config;
}

/// A server and an origin that knows nothing yet.
struct stream_fixture {
  stream_fixture() = default;
  explicit stream_fixture(settings config, origin::server_options options = {})
      : origin(std::move(options)), server(std::move(config)) {}

  origin::server origin;
  running_server server{stream_settings()};

  /// What /stream makes of a path of the origin. `parameters` stand before the URL, each with its '&'.
  std::string target(std::string_view path, std::string_view parameters = {}) const {
    return "/stream?" + std::string(parameters) + "url=" + origin.url(path);
  }
  raw_response play(std::string_view path, const std::string& lines = {}, std::string_view parameters = {},
                    const std::string& method = "GET") const {
    return server.request(method, target(path, parameters), lines);
  }
  origin::request_record last_request() const {
    const auto all = origin.requests();
    return all.empty() ? origin::request_record{} : all.back();
  }
  /// The Range fields that the origin was asked for, in order of arrival; "-" stands for none.
  std::vector<std::string> ranges(std::string_view path = {}) const {
    std::vector<std::string> found;
    for (const auto& each : origin.requests(path))
      found.push_back(each.header("Range").value_or("-"));
    return found;
  }
};

/// `&`-free form of a URL, for mirror= and for url= with parameters behind it.
inline std::string encoded(std::string_view text) {
  return percent_encode(text);
}

/// One member of a problem document; an empty string when it is not there.
inline std::string problem_member(const raw_response& response, const std::string& name) {
  const auto begin = response.body.find("\"" + name + "\":");
  if (begin == std::string::npos) return {};
  auto rest = response.body.substr(begin + name.size() + 3);
  const bool text = rest.starts_with('"');
  if (text) rest.erase(0, 1);
  return rest.substr(0, rest.find_first_of(text ? "\"" : ",}"));
}

/// A problem document of section 9 with this status and code.
inline void check_problem(const raw_response& response, int status, const std::string& code) {
  BOOST_TEST(response.status == status);
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Content-Type").value_or("") == "application/problem+json");
  BOOST_TEST(problem_member(response, "type") == "about:blank");
  BOOST_TEST(!problem_member(response, "title").empty());
  BOOST_TEST(problem_member(response, "status") == std::to_string(status));
  BOOST_TEST(!problem_member(response, "detail").empty());
  BOOST_TEST(problem_member(response, "code") == code);
}

/// The bytes of the generated resource `seed` from `begin` on, as long as the response's body promises to be.
inline bool has_content(const raw_response& response, std::uint64_t seed, std::uint64_t begin,
                        std::uint64_t length) {
  return response.body.size() == length &&
         response.body == origin::content_of(seed, begin, static_cast<std::size_t>(length));
}

/// A complete 200 with exactly this generated resource.
inline void check_whole(const raw_response& response, std::uint64_t seed, std::uint64_t size) {
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Content-Length").value_or("") == std::to_string(size));
  BOOST_TEST(has_content(response, seed, 0, size), "the bytes differ");
}

/// A response that was cut: a head that promised more, and a true beginning of the resource.
inline void check_cut(const raw_response& response, std::uint64_t seed) {
  BOOST_TEST(response.status / 100 == 2);
  BOOST_TEST(!response.complete);
  BOOST_TEST(has_content(response, seed, 0, response.body.size()), "a cut body holds wrong bytes");
}

/// Seconds since `began`.
inline double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace millrace::test
