// millracectl: arguments → command → text and exit code.

#include "arguments.hpp"
#include "commands.hpp"
#include "http_client.hpp"
#include "monitor.hpp"
#include "screen.hpp"
#include "text.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

using namespace millrace::ctl;

constexpr int failed = 1;
constexpr int bad_usage = 2;
/// Columns of an error message: whatever a server sends, it stays a line that can be read.
constexpr std::size_t longest_complaint = 1'000;

int complain(std::string_view text, int exit_code) {
  std::fprintf(stderr, "millracectl: %s\n", shortened(printable(text), longest_complaint).c_str());
  return exit_code;
}

int run(const std::vector<std::string>& arguments) {
  const auto parsed = parse_arguments(arguments, [](const char* name) { return std::getenv(name); });
  outcome<reply> result = reply{};
  if (const auto* text = std::get_if<std::string>(&parsed)) {
    result->text = *text;
  } else {
    const auto& asked = std::get<invocation>(parsed);
    http_client client(asked.connection);
    result = asked.command == verb::monitor ? run_monitor(client, asked) : run_command(api(client), asked);
  }
  if (!result) return complain(result.error().text, failed);
  if (!write_stdout(result->text)) return complain("cannot write to the standard output", failed);
  return result->exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const usage_error& error) {
    return complain(error.what(), bad_usage);
  } catch (const std::exception& error) {
    return complain(error.what(), failed);
  }
}
