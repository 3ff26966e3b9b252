#include "millracectl/help.hpp"

#include "millracectl/text.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>

namespace {

using namespace millrace::ctl;

void check_lines(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST(display_width(line) <= 100);
      BOOST_TEST(!line.ends_with(' '));
    }
  }
  BOOST_TEST(text.ends_with('\n'));
}

BOOST_AUTO_TEST_SUITE(help_test)

BOOST_AUTO_TEST_CASE(names_every_command_and_option) {
  const std::string text = program_help();
  check_lines(text);
  for (const auto& each : command_table())
    BOOST_TEST(text.find("\n  " + std::string(each.name)) != std::string::npos);
  for (const auto& each : common_options())
    BOOST_TEST(text.find("--" + std::string(each.name)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_command_has_its_own) {
  for (const auto& command : command_table()) {
    const std::string text = command_help(command);
    check_lines(text);
    BOOST_TEST(text.starts_with("Usage: millracectl " + std::string(command.name)));
    BOOST_TEST(text.find("  millracectl " + std::string(command.name)) != std::string::npos);
    for (const auto& each : command.options)
      BOOST_TEST(text.find("--" + std::string(each.name)) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
