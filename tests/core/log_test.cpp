#include "core/log.hpp"

#include "support/temporary_folder.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <iterator>
#include <ostream>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

using namespace millrace;

namespace {

/// stderr goes to a file while this lives.
class captured_stderr {
 public:
  captured_stderr() : file_(folder_.write("stderr", "")), before_(dup(STDERR_FILENO)) {
    const int target = open(file_.c_str(), O_WRONLY | O_APPEND);
    BOOST_REQUIRE(target >= 0 && before_ >= 0 && dup2(target, STDERR_FILENO) >= 0);
    close(target);
  }
  ~captured_stderr() {
    dup2(before_, STDERR_FILENO);
    close(before_);
    log::configure({});
  }

  std::vector<std::string> lines() const {
    std::ifstream in(file_);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);)
      out.push_back(line);
    return out;
  }

 private:
  test::temporary_folder folder_;
  std::string file_;
  int before_;
};

std::vector<std::string> written(const log_settings& settings, log_level level, std::string_view message) {
  const captured_stderr capture;
  log::configure(settings);
  log::write(level, message);
  return capture.lines();
}

struct message {
  std::string raw, text, json;
  friend std::ostream& operator<<(std::ostream& out, const message& each) { return out << each.text; }
};

const std::vector<message> messages{
    {"plain", "plain", "plain"},
    {"", "", ""},
    {"{} %v %d", "{} %v %d", "{} %v %d"},
    {"a\r\nb\tc", "a\\x0d\\nb\\tc", "a\\u000d\\nb\\tc"},
    {"say \"hi\" \\", "say \"hi\" \\", "say \\\"hi\\\" \\\\"},
    {"\x1b[31mred\x7f", "\\x1b[31mred\\x7f", "\\u001b[31mred\\u007f"},
    {std::string("nul\0!", 5), "nul\\x00!", "nul\\u0000!"},
    {"Füße 日本 😀", "Füße 日本 😀", "Füße 日本 😀"},
    {"c1 \xc2\x9b!", "c1 \\x9b!", "c1 \\u009b!"},
    {"bad \xff\xc3(", "bad \xef\xbf\xbd\xef\xbf\xbd(", "bad \xef\xbf\xbd\xef\xbf\xbd("},
    {"cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd", "cut \xef\xbf\xbd\xef\xbf\xbd"},
};

}  // namespace

namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(logging)

BOOST_DATA_TEST_CASE(a_message_is_one_line, data::make(messages), row) {
  const auto text = written({.level = log_level::info, .format = log_format::text}, log_level::info, row.raw);
  BOOST_REQUIRE(text.size() == 1u);
  BOOST_TEST(text[0].substr(std::min<std::size_t>(text[0].size(), 25)) == "INFO  " + row.text);
  const auto json = written({.level = log_level::info, .format = log_format::json}, log_level::info, row.raw);
  BOOST_REQUIRE(json.size() == 1u);
  BOOST_TEST(json[0].substr(std::min<std::size_t>(json[0].size(), 34)) ==
             R"(,"level":"INFO","message":")" + row.json + "\"}");
}

BOOST_AUTO_TEST_CASE(the_time_is_utc_with_milliseconds) {
  const std::regex text(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING hello)");
  const std::regex json(
      R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"WARNING","message":"hello"\})");
  const auto as_text = written({}, log_level::warning, "hello").at(0);
  const auto as_json = written({.format = log_format::json}, log_level::warning, "hello").at(0);
  BOOST_TEST(std::regex_match(as_text, text), as_text);
  BOOST_TEST(std::regex_match(as_json, json), as_json);
}

BOOST_AUTO_TEST_CASE(only_the_level_and_above_is_written) {
  const std::vector<log_level> levels{log_level::debug, log_level::info, log_level::warning, log_level::error,
                                      log_level::critical};
  for (const auto threshold : levels) {
    const captured_stderr capture;
    log::configure({.level = threshold});
    log::debug("number {}", 0);
    log::info("number {}", 1);
    log::warning("number {}", 2);
    log::error("number {}", 3);
    log::critical("number {}", 4);
    const auto lines = capture.lines();
    BOOST_REQUIRE(lines.size() == levels.size() - static_cast<std::size_t>(threshold));
    BOOST_TEST(lines.front().ends_with("number " + std::to_string(static_cast<int>(threshold))));
    for (const auto level : levels)
      BOOST_TEST(log::enabled(level) == (level >= threshold));
  }
}

BOOST_AUTO_TEST_CASE(lines_of_several_threads_do_not_mix) {
  constexpr int threads = 4, lines_each = 200;
  const captured_stderr capture;
  log::configure({});
  {
    std::vector<std::jthread> running;
    for (int thread = 0; thread < threads; ++thread) {
      running.emplace_back([thread] {
        for (int i = 0; i < lines_each; ++i)
          log::info("<{}>", std::string(100, static_cast<char>('a' + thread)));
      });
    }
  }
  const std::regex whole(R"(.{25}INFO  <(a{100}|b{100}|c{100}|d{100})>)");
  const auto lines = capture.lines();
  BOOST_TEST(lines.size() == std::size_t{threads} * lines_each);
  for (const auto& line : lines)
    BOOST_TEST(std::regex_match(line, whole), line);
}

BOOST_AUTO_TEST_SUITE_END()
