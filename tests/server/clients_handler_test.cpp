#include "server/clients_handler.hpp"

#include "server/control_support.hpp"

using namespace millrace;
using namespace millrace::test;
using names = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(clients_handler_test)

BOOST_FIXTURE_TEST_CASE(lists_with_pages, control_fixture) {
  const auto one = add("http://192.0.2.7/");
  names expected;
  for (int i = 0; i < 250; ++i) {
    expected.push_back("c" + std::to_string(i));
    play(one, expected.back(), 1);
  }
  const auto whole = get("/clients");
  BOOST_TEST(whole.size() == 2U);
  BOOST_TEST(number(whole, "total") == 250);
  BOOST_TEST(column(whole.at("clients"), "client_id") == expected, boost::test_tools::per_element());
  const auto page = get("/clients?offset=249&limit=10");
  BOOST_TEST(number(page, "total") == 250);
  BOOST_TEST(column(page.at("clients"), "client_id") == names{"c249"}, boost::test_tools::per_element());
  control_problem(server.request("GET", "/clients?limit=x"), 400, "bad-request");
  check_head(server, "/clients");
}

BOOST_FIXTURE_TEST_CASE(one_client, control_fixture) {
  const auto one = add("http://192.0.2.7/");
  play(one, "tv", 77, "evil\xff\x01\"");
  const auto info = get("/clients/tv");
  BOOST_TEST(info.size() == 8U);
  BOOST_TEST(text(info, "client_id") == "tv");
  BOOST_TEST(text(info, "stream_id") == one->id());
  BOOST_TEST(text(info, "user_agent") == "evil\xef\xbf\xbd\x01\"");
  BOOST_TEST(text(info, "ip_address") == "192.0.2.1");
  BOOST_TEST(number(info, "bytes_served") == 77);
  BOOST_TEST(text(info, "last_seen").ends_with('Z'));
  control_problem(server.request("GET", "/clients/unknown"), 404, "not-found");
  check_head(server, "/clients/tv");
}

BOOST_FIXTURE_TEST_CASE(disconnecting, control_fixture) {
  const auto one = add("http://192.0.2.7/");
  const auto other = add("http://192.0.2.8/");
  for (const auto& stream : {one, other}) {
    play(stream, "tv");
    play(stream, "phone");
  }
  const auto gone = [&](const std::string& path) {
    return text(control_body(server.request("DELETE", path)), "message");
  };
  const auto of_stream = "/hls/" + one->id() + "/clients/";
  BOOST_TEST(gone(of_stream + "tv") == "Client tv disconnected");
  control_problem(server.request("DELETE", of_stream + "tv"), 404, "not-found");
  control_problem(server.request("DELETE", "/hls/unknown/clients/phone"), 404, "not-found");
  BOOST_TEST(text(get("/clients/tv"), "stream_id") == other->id());
  BOOST_TEST(gone("/clients/phone") == "Client phone disconnected");
  control_problem(server.request("DELETE", "/clients/phone"), 404, "not-found");
  BOOST_TEST(column(get("/clients").at("clients"), "client_id") == names{"tv"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
