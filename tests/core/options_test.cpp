#include "core/options.hpp"

#include "core/option_support.hpp"
#include "core/option_table.hpp"
#include "support/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>

using namespace millrace;
using namespace millrace::test;

namespace {

struct malformed {
  words arguments;
  std::string expected;
};

const std::vector<malformed> malformed_lines{
    {{"--prot", "80"}, "unknown option \"--prot\"; see --help"},
    {{"--por", "80"}, "unknown option \"--por\"; see --help"},
    {{"--PORT", "80"}, "unknown option \"--PORT\"; see --help"},
    {{"-x"}, "unknown option \"-x\"; see --help"},
    {{"-h"}, "unknown option \"-h\"; see --help"},
    {{"-port"}, "-p: bad value \"ort\", expected a whole number from 0 to 65535"},
    {{"--port"}, "--port needs a value; see --help"},
    {{"-p"}, "-p needs a value; see --help"},
    {{"--port", "--debug"}, "--port needs a value; see --help"},
    {{"film.mkv"}, "unexpected argument \"film.mkv\"; see --help"},
    {{"--", "film.mkv"}, "unexpected argument \"--\"; see --help"},
    {{"-"}, "unexpected argument \"-\"; see --help"},
    {{""}, "unexpected argument \"\"; see --help"},
    {{"--debug", "true"}, "unexpected argument \"true\"; see --help"},
    {{"--help=1"}, "--help takes no value"},
    {{"--no-such-token=hunter2"}, "unknown option \"--no-such-token\"; see --help"},
    {{"--port=8\n0"}, "--port: bad value \"8\\x0a0\", expected a whole number from 0 to 65535"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(every_form_on_the_command_line) {
  for (const words& form : {words{"--port", "80"}, {"--port=80"}, {"-p", "80"}, {"-p80"}}) {
    BOOST_TEST(parse(form).listen.port == 80);
  }
  BOOST_TEST(parse({"-c", "8"}).transfer.connections == 8u);
  BOOST_TEST(parse({"-s", "2M"}).transfer.chunk_size == 2u << 20);
  BOOST_TEST(parse({"-r", "1"}).upstream.retries == 1u);
  BOOST_TEST(parse({"--insecure"}).upstream.insecure);
  BOOST_TEST(!parse({"--insecure=false"}).upstream.insecure);
  BOOST_TEST((parse({"--debug"}).log.level == log_level::debug));
  BOOST_TEST((parse({"--debug=no", "--log-level", "error"}).log.level == log_level::error));
  BOOST_TEST(
      (parse({"--bind", "10.0.0.1", "--bind=10.0.0.2"}).upstream.bind == words{"10.0.0.1", "10.0.0.2"}));
  BOOST_TEST(parse({"-p", "1", "-p", "2"}).listen.port == 2);
  BOOST_TEST(parse({"--user-agent=--odd"}).upstream.user_agent == "--odd");
}

BOOST_AUTO_TEST_CASE(a_malformed_command_line_is_refused) {
  for (const auto& row : malformed_lines)
    BOOST_TEST(complaint(row.arguments) == row.expected);
}

BOOST_AUTO_TEST_CASE(a_long_bad_value_is_shortened) {
  BOOST_TEST(complaint({"--host", std::string(5000, 'x')}).size() < 200u);
}

BOOST_AUTO_TEST_CASE(the_environment_has_lists_flags_and_second_names) {
  const auto lists =
      parse({}, {{"MILLRACE_BIND", "10.0.0.1, 10.0.0.2,"}, {"MILLRACE_ALLOW_UPSTREAM", "loopback,*.lan"}});
  BOOST_TEST((lists.upstream.bind == words{"10.0.0.1", "10.0.0.2"}));
  BOOST_TEST((lists.upstream.allow == words{"loopback", "*.lan"}));
  BOOST_TEST((parse({}, {{"MILLRACE_DEBUG", "1"}}).log.level == log_level::debug));
  BOOST_TEST(parse({}, {{"M3U_PROXY_PORT", "81"}, {"M3U_PROXY_HOST", "::1"}}).listen.port == 81);
  BOOST_TEST(parse({}, {{"M3U_PROXY_HOST", "::1"}}).listen.host == "::1");
  BOOST_TEST(parse({}, {{"M3U_PROXY_PORT", "81"}, {"MILLRACE_PORT", "82"}}).listen.port == 82);
  BOOST_TEST((parse({}, {{"LOG_LEVEL", "debug"}}).log.level == log_level::debug));
  BOOST_TEST(parse({}, {{"MILLRACE_PORT", ""}}).listen.port == 8001);
  BOOST_TEST(complaint({}, {{"M3U_PROXY_PORT", "x"}}).starts_with("M3U_PROXY_PORT: bad value \"x\""));
  // Whoever asks for help in an environment is not an option's value.
  BOOST_TEST(parse({}, {{"MILLRACE_HELP", "1"}, {"MILLRACE_VERSION", "7"}}).listen.port == 8001);
}

BOOST_AUTO_TEST_CASE(a_config_file_has_comments_blanks_and_repeated_names) {
  const test::temporary_folder folder;
  const auto file = folder.write("config",
                                 "\xef\xbb\xbf# all of it\r\n"
                                 "\r\n"
                                 "  port=9000   # inline\r\n"
                                 "\tuser-agent = a #b=c#d \n"
                                 "ca-file = ca#1.pem\n"
                                 "bind = 10.0.0.1\nbind = 10.0.0.2\n"
                                 "insecure = yes");
  const auto parsed = parse({"--config", file});
  BOOST_TEST(parsed.listen.port == 9000);
  BOOST_TEST(parsed.upstream.user_agent == "a");
  BOOST_TEST(parsed.upstream.ca_file == "ca#1.pem");
  BOOST_TEST((parsed.upstream.bind == words{"10.0.0.1", "10.0.0.2"}));
  BOOST_TEST(parsed.upstream.insecure);
}

BOOST_AUTO_TEST_CASE(a_bad_config_file_is_named_with_its_line) {
  const test::temporary_folder folder;
  const std::map<std::string, std::string> lines{
      {"port = x", ":2: port: bad value \"x\", expected a whole number from 0 to 65535"},
      {"prot = 1", ":2: unknown option \"prot\""},
      {"--port = 1", ":2: unknown option \"--port\""},
      {"= 1", ":2: unknown option \"\""},
      {"insecure", ":2: expected name = value"},
      {"config = other", ":2: config cannot stand in a config file"},
      {"help = true", ":2: help cannot stand in a config file"},
      {"user-agent =", ":2: user-agent: bad value \"\", expected text without control characters"},
      {"bind = 10.0.0.1,10.0.0.2",
       ":2: bind: bad value \"10.0.0.1,10.0.0.2\", expected an IPv4 or IPv6 address"},
  };
  for (const auto& [line, expected] : lines) {
    const auto file = folder.write("config", "# first\n" + line + "\n");
    BOOST_TEST(complaint({"--config", file}) == file + expected);
  }
  const auto missing = folder.path("missing");
  BOOST_TEST(complaint({"--config", missing}) ==
             "--config: cannot read \"" + missing + "\": No such file or directory");
  BOOST_TEST(complaint({}, {{"MILLRACE_CONFIG", missing}}).starts_with("MILLRACE_CONFIG: cannot read"));
  BOOST_TEST(contains(complaint({"--config", folder.path("")}), "Is a directory"));
}

BOOST_AUTO_TEST_CASE(the_stronger_source_wins) {
  const test::temporary_folder folder;
  const auto file =
      folder.write("config", "port = 1\nretry = 1\nthreads = 1\nbind = 10.0.0.1\nlog-level = error\n");
  const variables environment{{"MILLRACE_CONFIG", file},
                              {"MILLRACE_PORT", "2"},
                              {"MILLRACE_RETRY", "2"},
                              {"MILLRACE_BIND", "10.0.0.2"},
                              {"MILLRACE_DEBUG", "true"}};
  const auto parsed = parse({"-p", "3"}, environment);
  BOOST_TEST(parsed.listen.port == 3);
  BOOST_TEST(parsed.upstream.retries == 2u);
  BOOST_TEST(parsed.listen.threads == 1u);
  BOOST_TEST((parsed.upstream.bind == words{"10.0.0.2"}));
  BOOST_TEST((parsed.log.level == log_level::debug));
  BOOST_TEST((parse({"--bind", "10.0.0.3"}, environment).upstream.bind == words{"10.0.0.3"}));
  BOOST_TEST((parse({"--log-level", "info"}, environment).log.level == log_level::info));
  BOOST_TEST(parse({"--config", folder.write("other", "threads = 7\n")}, environment).listen.threads == 7u);
}

BOOST_AUTO_TEST_CASE(help_lists_every_option_within_100_columns) {
  const auto help = std::get<std::string>(parse_any({"--port", "x", "--help"}));
  for (const option& each : option_table())
    BOOST_TEST(contains(
        help, "--" + std::string(each.name) + (each.is_flag() ? " " : " " + std::string(each.argument))));
  for (const auto* part : {"Default: 8001.", "Also M3U_PROXY_PORT.", "MILLRACE_<OPTION>", "Examples:"})
    BOOST_TEST(contains(help, part));
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    BOOST_TEST(line.size() <= 100u, line);
    BOOST_TEST(!line.ends_with(' '), line);
  }
  BOOST_TEST(help.ends_with('\n'));
}

BOOST_AUTO_TEST_CASE(version_is_one_line) {
  BOOST_TEST(std::get<std::string>(parse_any({"--version"})) == "millrace 0.1.0\n");
}

BOOST_AUTO_TEST_SUITE_END()
