// POST /jsonrpc as JSON-RPC 2.0 over HTTP: messages, batches, statuses.

#include "server/jsonrpc_handler.hpp"

#include "server/rpc_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(jsonrpc_handler_test)

BOOST_FIXTURE_TEST_CASE(a_single_call_is_answered, rpc_fixture) {
  for (const std::string id : {R"("a")", "7", "null", "\"\\u00e4\""}) {
    const auto response = send(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"aria2.getVersion"})");
    const auto body = control_body(response);
    BOOST_TEST((body.at("id") == boost::json::parse(id)), response.body);
    BOOST_TEST(!text(body.at("result").as_object(), "version").empty());
  }
  // As aria2 does.
  BOOST_TEST(send(R"({"id":1,"method":"aria2.getVersion"})").status == 200);
  BOOST_TEST(send(R"({"jsonrcp":"2.0","id":1,"method":"aria2.getVersion","params":[]})").status == 200);
}

BOOST_FIXTURE_TEST_CASE(errors_have_their_codes_and_status_400, rpc_fixture) {
  BOOST_TEST(!rpc_failure(send("{"), -32700).empty());
  BOOST_TEST(!rpc_failure(send(""), -32700).empty());
  BOOST_TEST(!rpc_failure(send("7"), -32600).empty());
  BOOST_TEST(!rpc_failure(send("[]"), -32600).empty());
  BOOST_TEST(!rpc_failure(send(R"({"id":1})"), -32600).empty());
  BOOST_TEST(failure("aria2.fly", {}, -32601) == "No such method: aria2.fly");
  BOOST_TEST(!failure("aria2.tellStatus", "7", -32602).empty());
  BOOST_TEST(!failure("aria2.tellStatus", {}, -32602).empty());
  BOOST_TEST(failure("aria2.tellStatus", quoted("0123456789abcdef")) == "GID 0123456789abcdef is not found");
}

BOOST_FIXTURE_TEST_CASE(a_batch_is_answered_in_order_without_its_notifications, rpc_fixture) {
  const auto response = send(R"([{"id":1,"method":"aria2.getVersion"}, {"method":"aria2.getVersion"},
      {"id":2,"method":"nope"}, 5, {"method":"nope"}, {"id":"z","method":"system.listNotifications"}])");
  BOOST_TEST(response.status == 200);
  const auto answers = parsed(response).as_array();
  BOOST_REQUIRE(answers.size() == 4U);
  BOOST_TEST(answers[0].at("id").as_int64() == 1);
  BOOST_TEST(answers[0].as_object().contains("result"));
  BOOST_TEST(answers[1].at("error").at("code").as_int64() == -32601);
  BOOST_TEST(answers[2].at("id").is_null());
  BOOST_TEST(answers[2].at("error").at("code").as_int64() == -32600);
  BOOST_TEST(answers[3].at("result").as_array().empty());
}

BOOST_FIXTURE_TEST_CASE(notifications_alone_get_an_empty_body, rpc_fixture) {
  for (const auto* body : {R"({"method":"aria2.getVersion"})", R"({"method":"nope"})",
                           R"({"method":"aria2.tellActive","params":{}})",
                           R"([{"method":"aria2.getVersion"},{"method":"nope"}])"}) {
    const auto response = send(body);
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.complete);
    BOOST_TEST(response.body.empty(), response.body);
  }
}

// What a notification asks for is done.
BOOST_FIXTURE_TEST_CASE(notifications_are_obeyed, rpc_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  const auto gid = add("/a.mkv");
  send(R"({"method":"aria2.remove","params":[")" + gid + R"("]})");
  BOOST_TEST(member(gid, "status") == "removed");
}

BOOST_FIXTURE_TEST_CASE(what_http_itself_refuses_is_a_problem, rpc_fixture) {
  check_problem(server.request("GET", "/jsonrpc"), 405, "method-not-allowed");
  const std::string large(1024 * 1024 + 1, ' ');
  check_problem(send(large), 413, "bad-request");
}

BOOST_FIXTURE_TEST_CASE(multicall_answers_each_call_in_order, rpc_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  const auto results =
      call(
          "system.multicall",
          R"([{"methodName":"aria2.getVersion"},{"methodName":"nope","params":[]},{"methodName":"system.multicall","params":[[]]},)"
          R"({"methodName":"aria2.addUri","params":[[")" +
              origin.url("/a.mkv") + R"("]]},{"methodName":"aria2.getGlobalStat","params":[]},3])")
          .as_array();
  BOOST_REQUIRE(results.size() == 6U);
  BOOST_TEST(results[0].as_array().size() == 1U);
  BOOST_TEST(results[1].at("code").as_int64() == -32601);
  BOOST_TEST(results[2].at("code").as_int64() == 1);
  BOOST_TEST(results[3].as_array()[0].as_string().size() == 16U);
  BOOST_TEST(results[4].as_array()[0].as_object().contains("numWaiting"));
  BOOST_TEST(results[5].as_object().contains("code"));
  BOOST_TEST(call("system.multicall", "[]").as_array().empty());
  BOOST_TEST(!failure("system.multicall", "7", -32602).empty());
}

// A batch of multicalls is no way around the limit of calls.
BOOST_FIXTURE_TEST_CASE(calls_of_one_message_are_bounded, rpc_fixture) {
  std::string inner;
  for (int i = 0; i < 600; ++i)
    inner += R"(,{"methodName":"system.listNotifications"})";
  const auto call = rpc_request("system.multicall", '[' + inner.substr(1) + ']');
  const auto answers = parsed(send('[' + call + ',' + call + ']')).as_array();
  BOOST_REQUIRE(answers.size() == 2U);
  BOOST_TEST(answers[0].at("result").as_array().size() == 600U);
  BOOST_TEST(answers[1].at("error").at("code").as_int64() == -32600);
}

BOOST_FIXTURE_TEST_CASE(the_server_tells_of_itself, rpc_fixture) {
  const auto version = call("aria2.getVersion").as_object();
  BOOST_TEST(!text(version, "version").empty());
  BOOST_TEST(!version.at("enabledFeatures").as_array().empty());
  const auto session = text(call("aria2.getSessionInfo").as_object(), "sessionId");
  BOOST_TEST(session.size() == 40U);
  BOOST_TEST(text(call("aria2.getSessionInfo").as_object(), "sessionId") == session);
  const auto options = call("aria2.getGlobalOption").as_object();
  BOOST_TEST(text(options, "split") == "4");
  for (const auto& [name, value] : options)
    BOOST_TEST(value.is_string(), name);
}

BOOST_FIXTURE_TEST_CASE(listed_methods_are_those_that_there_are, rpc_fixture) {
  std::vector<std::string> names;
  const auto listed = call("system.listMethods").as_array();
  for (const auto& each : listed)
    names.emplace_back(each.as_string());
  for (const std::string name : {"aria2.addUri",
                                 "aria2.tellStatus",
                                 "aria2.tellActive",
                                 "aria2.tellWaiting",
                                 "aria2.tellStopped",
                                 "aria2.getUris",
                                 "aria2.getFiles",
                                 "aria2.getOption",
                                 "aria2.getGlobalOption",
                                 "aria2.remove",
                                 "aria2.forceRemove",
                                 "aria2.pause",
                                 "aria2.unpause",
                                 "aria2.removeDownloadResult",
                                 "aria2.purgeDownloadResult",
                                 "aria2.getGlobalStat",
                                 "aria2.getVersion",
                                 "aria2.getSessionInfo",
                                 "system.multicall",
                                 "system.listMethods"})
    BOOST_TEST((std::find(names.begin(), names.end(), name) != names.end()), name);
  for (const auto& name : names) {
    const auto body = parsed(send(rpc_request(name))).as_object();
    const bool unknown = body.contains("error") && body.at("error").at("code").as_int64() == -32601;
    BOOST_TEST(!unknown, name);
  }
}

// A client that has sent all and closes its side still gets what is there at once.
BOOST_FIXTURE_TEST_CASE(half_closed_clients_are_answered, rpc_fixture) {
  viewer client(
      server.port(), "/jsonrpc",
      {.lines = "Connection: close\r\nContent-Length: 0\r\n", .method = "POST", .wait_head = false});
  client.half_close();
  client.receive_head();
  BOOST_TEST(client.status() == 400);
}

BOOST_AUTO_TEST_SUITE_END()
