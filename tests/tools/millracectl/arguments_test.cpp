#include "millracectl/arguments.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

namespace {

using namespace millrace::ctl;
using strings = std::vector<std::string>;

invocation parse(const strings& arguments, const std::map<std::string, std::string>& variables = {}) {
  const auto parsed = parse_arguments(arguments, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
  return std::get<invocation>(parsed);
}

std::string parse_text(const strings& arguments) {
  return std::get<std::string>(parse_arguments(arguments, [](const char*) { return nullptr; }));
}

struct bad_case {
  strings arguments;
  std::string expected;  ///< part of the message
};
std::ostream& operator<<(std::ostream& out, const bad_case& each) {
  for (const auto& word : each.arguments)
    out << word << ' ';
  return out;
}

const std::vector<bad_case> bad{
    {{}, "a command"},
    {{"frobnicate"}, "'frobnicate'"},
    {{"list", "x"}, "unexpected 'x'"},
    {{"info"}, "info needs ID"},
    {{"info", "a", "b"}, "unexpected 'b'"},
    {{"info", ".."}, "'..' is no id"},
    {{"info", ""}, "'' is no id"},
    {{"disconnect", "c", "--stream", "."}, "'.' is no id"},
    {{"create"}, "create needs URL"},
    {{"create", "http://a/", "http://b/"}, "unexpected 'http://b/'"},
    {{"create", "--failover", "http://b/"}, "create needs URL"},
    {{"create", "http://a/", "--failover"}, "--failover"},
    {{"create", "http://a/", "--header", "broken"}, "--header"},
    {{"create", "http://a/", "--header", "A: 1", "--header", "a: 2"}, "a is given twice"},
    {{"create", "http://a/", "--metadata", "a=1", "--metadata", "a=2"}, "a is given twice"},
    {{"create", "http://a/\xff"}, "UTF-8"},
    {{"list", "--interval", "2"}, "--interval is no option of list"},
    {{"list", "--stat"}, "--stat"},
    {{"list", "--jso"}, "--jso"},
    {{"list", "--argument", "x"}, "--argument"},
    {{"list", "--json=yes"}, "--json"},
    {{"monitor", "--interval", "0"}, "--interval"},
    {{"list", "--timeout", "soon"}, "--timeout"},
    {{"list", "--server", "ftp://host/"}, "--server"},
    {{"list", "--server", "http://host/?a=b"}, "--server"},
    {{"list", "--server", ""}, "--server"},
    {{"list", "--token", "a\r\nb: c"}, "token"},
};

BOOST_AUTO_TEST_SUITE(arguments_test)

BOOST_DATA_TEST_CASE(refuses, bad, each) {
  BOOST_CHECK_EXCEPTION(parse(each.arguments), usage_error, [&](const usage_error& error) {
    BOOST_TEST_CONTEXT(error.what()) {
      BOOST_TEST(std::string(error.what()).find(each.expected) != std::string::npos);
    }
    return true;
  });
}

BOOST_AUTO_TEST_CASE(has_defaults) {
  const invocation asked = parse({"list"});
  BOOST_TEST((asked.command == verb::list));
  BOOST_TEST(asked.connection.server.shown() == "http://127.0.0.1:8001");
  BOOST_TEST(asked.connection.token == "");
  BOOST_TEST(asked.connection.timeout.count() == 10'000);
  BOOST_TEST(asked.interval.count() == 5'000);
  BOOST_TEST(!asked.json);
}

BOOST_AUTO_TEST_CASE(options_stand_anywhere) {
  for (const strings& each : {strings{"--json", "--timeout", "2.5", "info", "x"},
                              strings{"info", "--timeout=2.5", "x", "--json"}}) {
    const invocation asked = parse(each);
    BOOST_TEST((asked.command == verb::info));
    BOOST_TEST(asked.id == "x");
    BOOST_TEST(asked.json);
    BOOST_TEST(asked.connection.timeout.count() == 2'500);
  }
}

BOOST_AUTO_TEST_CASE(the_command_line_beats_the_environment) {
  const std::map<std::string, std::string> variables{
      {"MILLRACE_SERVER", "http://env:1"}, {"MILLRACE_TOKEN", "first"}, {"API_TOKEN", "second"}};
  BOOST_TEST(parse({"list"}, variables).connection.server.shown() == "http://env:1");
  BOOST_TEST(parse({"list"}, variables).connection.token == "first");
  BOOST_TEST(parse({"list"}, {{"API_TOKEN", "second"}}).connection.token == "second");
  BOOST_TEST(parse({"list"}, {{"MILLRACE_TOKEN", ""}, {"API_TOKEN", "second"}}).connection.token == "second");
  BOOST_TEST(parse({"list", "--token", "mine"}, variables).connection.token == "mine");
  BOOST_TEST(parse({"list", "--server", "given:2"}, variables).connection.server.shown() == "http://given:2");
  BOOST_CHECK_THROW(parse({"list"}, {{"MILLRACE_SERVER", "ftp://x"}}), usage_error);
}

BOOST_AUTO_TEST_CASE(reads_a_stream) {
  const auto stream = parse({"create", "http://a/", "--failover", "http://b/", "--user-agent", "VLC",
                             "--header", "Referer: http://r/", "--metadata", "name=News"})
                          .stream;
  BOOST_TEST(stream.url == "http://a/");
  BOOST_TEST(stream.failover_urls == strings{"http://b/"}, boost::test_tools::per_element());
  BOOST_TEST(stream.user_agent == "VLC");
  BOOST_TEST((stream.headers == stream_request::pairs{{"Referer", "http://r/"}}));
  BOOST_TEST((stream.metadata == stream_request::pairs{{"name", "News"}}));
}

BOOST_AUTO_TEST_CASE(failover_takes_several_urls_in_order) {
  const strings expected{"B", "C", "D"};
  for (const strings& each : {strings{"create", "A", "--failover", "B", "C", "D"},
                              strings{"create", "A", "--failover", "B", "C", "--failover", "D"},
                              strings{"create", "A", "--failover", "B", "--failover", "C", "--failover", "D"},
                              strings{"create", "--failover", "B", "A", "--failover", "C", "D"},
                              strings{"--failover", "B", "create", "A", "--failover", "C", "D"}}) {
    const auto stream = parse(each).stream;
    BOOST_TEST(stream.url == "A");
    BOOST_TEST(stream.failover_urls == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(reads_the_other_arguments) {
  BOOST_TEST(parse({"clients"}).id == "");
  BOOST_TEST(parse({"clients", "tv"}).id == "tv");
  BOOST_TEST(parse({"disconnect", "tv", "--stream", "s"}).stream_id == "s");
  BOOST_TEST((parse({"delete", "s"}).command == verb::remove));
  BOOST_TEST(parse({"monitor", "--interval", "0.5"}).interval.count() == 500);
  BOOST_TEST(parse({"info", "--", "-x"}).id == "-x");
}

BOOST_AUTO_TEST_CASE(texts_need_no_server) {
  BOOST_TEST(parse_text({"--version"}).starts_with("millracectl "));
  BOOST_TEST(parse_text({"--help"}).starts_with("Usage: millracectl [options] COMMAND"));
  BOOST_TEST(parse_text({"-h"}) == parse_text({"help"}));
  BOOST_TEST(parse_text({"list", "--help"}) == parse_text({"help", "list"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
