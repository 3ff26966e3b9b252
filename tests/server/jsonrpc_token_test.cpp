// Who may call: --api-token in the call itself, or with the request.

#include "server/rpc_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(jsonrpc_token_test)

namespace {

settings guarded() {
  auto config = stream_settings();
  config.access.api_token = "s3cret";
  return config;
}

struct fixture : rpc_fixture {
  fixture() : rpc_fixture(guarded()) { origin.set("/a.mkv", {.size = 1000, .seed = 3}); }

  raw_response send_with(const std::string& lines, const std::string& body,
                         const std::string& target = "/jsonrpc") const {
    raw_client client(server.port());
    client.get(target, lines + "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
               "POST");
    client.send(body);
    return client.receive();
  }
};

constexpr auto right = "\"token:s3cret\"";

}  // namespace

BOOST_FIXTURE_TEST_CASE(each_method_needs_the_token, fixture) {
  const auto methods = call("system.listMethods", right).as_array();
  BOOST_TEST(methods.size() > 15U);
  for (const auto& each : methods) {
    const std::string method(each.as_string());
    if (method == "system.multicall") continue;
    for (const std::string params :
         {"", R"("token:")", R"("token:s3cre")", R"("token:s3cret2")", R"("s3cret")"})
      BOOST_TEST(failure(method, params) == "Unauthorized", method);
  }
  // Strangers do not learn which methods there are.
  BOOST_TEST(failure("aria2.fly") == "Unauthorized");
  BOOST_TEST(failure("aria2.fly", right, -32601) == "No such method: aria2.fly");
  BOOST_TEST(call("aria2.getVersion", right).is_object());
}

BOOST_FIXTURE_TEST_CASE(the_requests_own_token_will_do, fixture) {
  const auto body = rpc_request("aria2.getVersion");
  BOOST_TEST(send_with("X-API-Token: s3cret\r\n", body).status == 200);
  BOOST_TEST(send_with("Authorization: Bearer s3cret\r\n", body).status == 200);
  BOOST_TEST(send_with({}, body, "/jsonrpc?api_token=s3cret").status == 200);
  BOOST_TEST(rpc_failure(send_with({}, body), 1) == "Unauthorized");
  // One right token is enough.
  BOOST_TEST(
      send_with("X-API-Token: s3cret\r\n", rpc_request("aria2.getVersion", R"("token:wrong")")).status ==
      200);
}

BOOST_FIXTURE_TEST_CASE(multicall_needs_it_in_each_inner_call, fixture) {
  const std::string calls = R"([{"methodName":"aria2.getVersion","params":["token:s3cret"]},)"
                            R"({"methodName":"aria2.getVersion","params":[]},)"
                            R"({"methodName":"aria2.getVersion","params":["token:no"]}])";
  for (const std::string& params : {calls, std::string(right) + ',' + calls}) {
    const auto results = call("system.multicall", params).as_array();
    BOOST_REQUIRE(results.size() == 3U);
    BOOST_TEST(results[0].is_array());
    for (const auto i : {1U, 2U})
      BOOST_TEST(text(results[i].as_object(), "message") == "Unauthorized");
  }
  const auto all = send_with("X-API-Token: s3cret\r\n", rpc_request("system.multicall", calls));
  const auto results = parsed(all).at("result").as_array();
  for (const auto& each : results)
    BOOST_TEST(each.is_array());
}

BOOST_FIXTURE_TEST_CASE(nothing_is_done_without_it, fixture) {
  const auto uri = '[' + quoted(origin.url("/a.mkv")) + ']';
  BOOST_TEST(failure("aria2.addUri", uri) == "Unauthorized");
  send(R"({"method":"aria2.addUri","params":[)" + uri + "]}");
  BOOST_TEST(origin.totals().requests == 0U);
  const auto gid = std::string(call("aria2.addUri", std::string(right) + ',' + uri).as_string());
  for (const std::string method : {"aria2.remove", "aria2.tellStatus", "aria2.removeDownloadResult"})
    BOOST_TEST(failure(method, quoted(gid)) == "Unauthorized");
  // A GID is a capability.
  check_whole(get(gid), 3, 1000);
}

BOOST_FIXTURE_TEST_CASE(a_gid_opens_its_task_and_nothing_else, fixture) {
  const auto uri = '[' + quoted(origin.url("/a.mkv")) + ']';
  const auto gid = std::string(call("aria2.addUri", std::string(right) + ',' + uri).as_string());
  for (const auto& more : {"&mirror=" + encoded(origin.url("/b.mkv")), std::string("&header=X-A:%20b"),
                           "&url=" + origin.url("/a.mkv")}) {
    check_problem(server.request("GET", of(gid, more)), 401, "unauthorized");
    const auto allowed = server.request("GET", of(gid, more), "X-API-Token: s3cret\r\n");
    BOOST_TEST(allowed.status == (more.starts_with("&url") ? 400 : 200), more);
  }
  BOOST_TEST(origin.requests("/b.mkv").empty());
}

BOOST_AUTO_TEST_SUITE_END()
