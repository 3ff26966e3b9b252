#include "api/jsonrpc.hpp"

#include "api/api_support.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <utility>

namespace millrace::api {

namespace {

namespace data = boost::unit_test::data;
namespace json = boost::json;

/// The methods of the specification's examples.
rpc_result<json::value> carry_out(const rpc_call& call) {
  if (call.defect) return *call.defect;
  const auto number = [&call](std::size_t i) { return call.params.at(i).as_int64(); };
  if (call.method == "subtract") return json::value(number(0) - number(1));
  if (call.method == "sum") return json::value(number(0) + number(1) + number(2));
  if (call.method == "get_data") return json::value(json::array({"hello", 5}));
  return rpc_error{rpc_code::method_not_found, "No such method: " + call.method};
}

/// What a server answers: nothing to notifications.
std::string answer(std::string_view body) {
  const auto message = parse_rpc_message(body);
  if (!message) return json::serialize(rpc_response(nullptr, message.error()));
  json::array answers;
  for (const auto& call : message->calls) {
    const auto outcome = carry_out(call);
    if (!call.notification) answers.push_back(rpc_response(call.id, outcome));
  }
  if (answers.empty()) return "";
  return json::serialize(message->batch ? json::value(answers) : answers[0]);
}

struct example {
  std::string request;
  std::string response;  ///< error messages are left out
};
std::ostream& operator<<(std::ostream& out, const example& what) {
  return out << what.request;
}

void forget_message(json::value& response) {
  if (auto* const list = response.if_array()) {
    for (auto& each : *list)
      forget_message(each);
  } else if (auto* const error = response.as_object().if_contains("error")) {
    error->as_object().erase("message");
  }
}

const std::string result_19 = R"({"jsonrpc":"2.0","result":19,"id":1})";
const std::string invalid = R"({"jsonrpc":"2.0","error":{"code":-32600},"id":null})";
const std::string parse_error = R"({"jsonrpc":"2.0","error":{"code":-32700},"id":null})";

}  // namespace

BOOST_AUTO_TEST_SUITE(jsonrpc)

// "Examples" of the specification, in their order; parameters by name are not taken.
const example examples[] = {
    {R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})", result_19},
    {R"({"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2})",
     R"({"jsonrpc":"2.0","result":-19,"id":2})"},
    {R"({"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3})",
     R"({"jsonrpc":"2.0","error":{"code":-32602},"id":3})"},
    {R"({"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]})", ""},
    {R"({"jsonrpc": "2.0", "method": "foobar"})", ""},
    {R"({"jsonrpc": "2.0", "method": "foobar", "id": "1"})",
     R"({"jsonrpc":"2.0","error":{"code":-32601},"id":"1"})"},
    {R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])", parse_error},
    {R"({"jsonrpc": "2.0", "method": 1, "params": "bar"})", invalid},
    {R"([ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ])",
     parse_error},
    {"[]", invalid},
    {"[1]", "[" + invalid + "]"},
    {"[1,2,3]", "[" + invalid + "," + invalid + "," + invalid + "]"},
    {R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
         {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
         {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
         {"foo": "boo"},
         {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
         {"jsonrpc": "2.0", "method": "get_data", "id": "9"}])",
     R"([{"jsonrpc":"2.0","result":7,"id":"1"},{"jsonrpc":"2.0","result":19,"id":"2"},)" + invalid +
         R"(,{"jsonrpc":"2.0","error":{"code":-32602},"id":"5"},{"jsonrpc":"2.0","result":["hello",5],"id":"9"}])"},
    {R"([{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
         {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}])",
     ""},
    // Beyond the specification's examples.
    {R"({"method": "subtract", "params": [42, 23], "id": 1})", result_19},
    {R"({"jsonrpc": 2.0, "method": "subtract", "params": [42, 23], "id": 1})", result_19},
    {R"({"jsonrpc": "1.0", "method": "subtract", "params": [42, 23], "id": 1})", result_19},
    {R"({"id": 7, "id": 1, "method": "sum", "method": "subtract", "params": [42, 23]})", result_19},
    {R"({"method": "get_data", "params": {}})", ""},
    {R"({"method": "get_data", "params": 1})", invalid},
    {R"({"method": "get_data", "params": null, "id": 4})",
     R"({"jsonrpc":"2.0","error":{"code":-32600},"id":4})"},
    {R"({"id": 4})", R"({"jsonrpc":"2.0","error":{"code":-32600},"id":4})"},
    {"{}", invalid},
    {"1", invalid},
    {"\"a\"", invalid},
    {"null", invalid},
    {"[[]]", "[" + invalid + "]"},
    {"", parse_error},
    {" ", parse_error},
    {R"({"method": "get_data", "id": 1} x)", parse_error},
    {"{\"method\": \"\xff\", \"id\": 1}", parse_error},
    {R"({"method": "get_data", "id": 1e400})", parse_error},
    {R"({"method": "m", "id": 1, "params": )" + std::string(40, '[') + std::string(40, ']') + "}",
     parse_error},
};
BOOST_DATA_TEST_CASE(the_specification_is_followed, data::make(examples), each) {
  const auto got = answer(each.request);
  BOOST_TEST(got.empty() == each.response.empty(), got);
  if (got.empty() || each.response.empty()) return;
  auto seen = json::parse(got);
  forget_message(seen);
  BOOST_TEST(seen == json::parse(each.response), got);
}

const std::string ids[] = {"1",
                           "0",
                           "-1",
                           "9007199254740993",
                           "18446744073709551615",
                           "\"\"",
                           "\"a\\n\\\"\"",
                           "null",
                           "-9223372036854775808",
                           "\"\\u0000\"",
                           "\"\xf0\x9f\x8e\xac\""};
BOOST_DATA_TEST_CASE(ids_come_back_exactly, data::make(ids), id) {
  BOOST_TEST(answer(R"({"method":"subtract","params":[42,23],"id":)" + id + "}") ==
             "{\"id\":" + id + R"(,"jsonrpc":"2.0","result":19})");
}

BOOST_AUTO_TEST_CASE(a_fractional_id_is_the_same_number) {
  for (const double id :
       {0.1, 0.8477663309715917, 1732223456789.123, 1e300, 123456789012345678901234567890.0}) {
    const auto sent = json::serialize(json::object{{"method", "get_data"}, {"id", id}});
    const auto message = parse_rpc_message(sent);
    BOOST_REQUIRE(message.has_value());
    BOOST_TEST(message->calls.at(0).id.as_double() == id);
  }
}

const std::string no_ids[] = {"{}", "[]", "[1]", "true", "false"};
BOOST_DATA_TEST_CASE(other_ids_are_invalid, data::make(no_ids), id) {
  auto got = json::parse(answer(R"({"method":"get_data","id":)" + id + "}"));
  forget_message(got);
  BOOST_TEST(got == json::parse(invalid));
}

BOOST_AUTO_TEST_CASE(a_message_holds_so_many_calls) {
  const auto batch = [](std::size_t size) {
    std::string text = "[1";
    for (std::size_t i = 1; i < size; ++i)
      text += ",1";
    return text + "]";
  };
  const auto most = parse_rpc_message(batch(most_rpc_calls));
  BOOST_REQUIRE(most.has_value());
  BOOST_TEST(most->calls.size() == most_rpc_calls);
  const auto more = parse_rpc_message(batch(most_rpc_calls + 1));
  BOOST_REQUIRE(!more.has_value());
  BOOST_TEST((more.error().code == rpc_code::invalid_request));
}

BOOST_AUTO_TEST_CASE(errors_are_json_whatever_they_say) {
  const rpc_result<json::value> failed(rpc_error{rpc_code::failed, hostile});
  const auto seen = read_back(rpc_response("x", failed));
  BOOST_TEST(text(seen, "id") == "x");
  BOOST_TEST(text(seen, "jsonrpc") == "2.0");
  BOOST_TEST(!seen.contains("result"));
  BOOST_TEST(number(seen.at("error").as_object(), "code") == 1);
  BOOST_TEST(!text(seen.at("error").as_object(), "message").empty());
}

BOOST_AUTO_TEST_CASE(a_value_of_a_failed_result_throws) {
  const rpc_result<json::value> failed(rpc_error{rpc_code::failed, "no"});
  BOOST_CHECK_THROW(static_cast<void>(failed.value()), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::api
