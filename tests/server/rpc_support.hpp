#pragma once
// What the tests of /jsonrpc ask of a server and of the scripted origin.

#include "server/control_support.hpp"
#include "server/stream_support.hpp"
#include "support/viewer.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace millrace::test {

/// A call as text; `params` are the elements of the list.
inline std::string rpc_request(std::string_view method, std::string_view params = {}) {
  return R"({"jsonrpc":"2.0","id":"q","method":")" + std::string(method) + R"(","params":[)" +
         std::string(params) + "]}";
}

inline std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

inline boost::json::value parsed(const raw_response& response) {
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Content-Type").value_or("") == "application/json");
  return boost::json::parse(response.body);
}

/// The error of a single call: HTTP 400. Its message.
inline std::string rpc_failure(const raw_response& response, int code) {
  BOOST_TEST(response.status == 400);
  const auto body = parsed(response).as_object();
  BOOST_TEST(!body.contains("result"));
  BOOST_REQUIRE(body.contains("error"));
  const auto error = body.at("error").as_object();
  BOOST_TEST(error.at("code").as_int64() == code);
  return text(error, "message");
}

struct rpc_fixture : stream_fixture {
  rpc_fixture() = default;
  explicit rpc_fixture(settings config) : stream_fixture(std::move(config)) {}

  raw_response send(const std::string& body) const { return server.post("/jsonrpc", body); }
  /// The result of a call that succeeds.
  boost::json::value call(std::string_view method, std::string_view params = {}) const {
    const auto response = send(rpc_request(method, params));
    BOOST_TEST(response.status == 200, method << " " << response.body);
    const auto body = parsed(response).as_object();
    BOOST_REQUIRE_MESSAGE(body.contains("result"), method << " " << response.body);
    BOOST_TEST(text(body, "id") == "q");
    BOOST_TEST(text(body, "jsonrpc") == "2.0");
    return body.at("result");
  }
  std::string failure(std::string_view method, std::string_view params = {}, int code = 1) const {
    return rpc_failure(send(rpc_request(method, params)), code);
  }
  /// aria2.addUri of one path of the origin; `more`: `,{options}`.
  std::string add(std::string_view path, std::string_view more = {}) const {
    const auto gid = call("aria2.addUri", '[' + quoted(origin.url(path)) + ']' + std::string(more));
    return std::string(gid.as_string());
  }
  boost::json::object status(const std::string& gid) const {
    return call("aria2.tellStatus", quoted(gid)).as_object();
  }
  std::string member(const std::string& gid, std::string_view name) const { return text(status(gid), name); }
  /// A response may end a moment before the server has done with it.
  bool becomes(const std::string& gid, const std::string& wanted) const {
    return eventually([&] { return member(gid, "status") == wanted; });
  }
  static std::string of(const std::string& gid, std::string_view more = {}) {
    return "/stream?gid=" + gid + std::string(more);
  }
  raw_response get(const std::string& gid, const std::string& lines = {}) const {
    return server.request("GET", of(gid), lines);
  }
  std::unique_ptr<viewer> open(const std::string& gid) const {
    return std::make_unique<viewer>(server.port(), of(gid));
  }
};

}  // namespace millrace::test
