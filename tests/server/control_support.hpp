#pragma once
// What the tests of the control plane ask of a server.

#include "registry/registry_support.hpp"
#include "server/fixture.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::test {

/// The body of a complete response of the control plane.
inline boost::json::object control_body(const raw_response& response, int status = 200) {
  BOOST_TEST(response.status == status);
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Content-Type").value_or("") == "application/json");
  BOOST_TEST(response.header("Cache-Control").value_or("") == "no-store");
  BOOST_TEST(!response.header("Access-Control-Allow-Origin"));
  return boost::json::parse(response.body).as_object();
}

/// A problem document of the control plane; answers its detail.
inline std::string control_problem(const raw_response& response, int status, std::string_view code) {
  BOOST_TEST(response.status == status);
  BOOST_TEST(response.header("Content-Type").value_or("") == "application/problem+json");
  BOOST_TEST(!response.header("Access-Control-Allow-Origin"));
  const auto body = boost::json::parse(response.body).as_object();
  BOOST_TEST(std::string_view(body.at("code").as_string()) == code);
  BOOST_TEST(body.at("status").to_number<int>() == status);
  return std::string(body.at("detail").as_string());
}

inline std::string text(const boost::json::object& of, std::string_view name) {
  return std::string(of.at(name).as_string());
}

inline std::int64_t number(const boost::json::object& of, std::string_view name) {
  return of.at(name).to_number<std::int64_t>();
}

/// This member of all entries of a list.
inline std::vector<std::string> column(const boost::json::value& list, std::string_view name) {
  std::vector<std::string> found;
  for (const auto& each : list.as_array())
    found.push_back(text(each.as_object(), name));
  return found;
}

/// A server whose registry can be filled without playing anything.
struct control_fixture {
  running_server server;

  control_fixture() = default;
  explicit control_fixture(settings config) : server(std::move(config)) {}

  std::shared_ptr<registry::stream> add(const std::string& url) {
    return server.directory().post(registry::make_definition({url}));
  }
  /// A response of that client, with these bytes.
  std::unique_ptr<registry::playback> play(const std::shared_ptr<registry::stream>& what,
                                           const std::string& client, std::uint64_t bytes = 0,
                                           const std::string& user_agent = "mpv") {
    auto response = server.directory().play(
        what, {.id = client, .user_agent = user_agent, .address = "192.0.2.1"}, {.stop = [] {}});
    (*response)->add_bytes(bytes);
    return std::move(*response);
  }
  boost::json::object get(const std::string& target) const {
    return control_body(server.request("GET", target));
  }
};

/// HEAD answers the same head without a body.
inline void check_head(const running_server& server, const std::string& target) {
  const auto response = server.request("HEAD", target);
  BOOST_TEST(response.status == 200, target);
  BOOST_TEST(response.body.empty(), target);
  BOOST_TEST(response.header("Content-Length").value_or("0") != "0", target);
}

}  // namespace millrace::test
