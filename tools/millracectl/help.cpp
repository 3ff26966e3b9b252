#include "help.hpp"

#include "text.hpp"

namespace millrace::ctl {

namespace {

constexpr std::size_t width = 100;
/// Where the second column of lists begins.
constexpr std::size_t indent = 28;

constexpr std::string_view conclusion = R"(
Environment: MILLRACE_SERVER; the first of MILLRACE_TOKEN, MILLRACE_API_TOKEN and API_TOKEN.
Options on the command line go before it.
Exit codes: 0 done, 1 the server refused or could not be reached, 2 a bad command line.

Examples:
  millracectl create http://tv.example/1.ts --failover http://backup.example/1.ts
  millracectl monitor --interval 2
  millracectl list --json | jq -r '.streams[].stream_id'
  MILLRACE_TOKEN=secret millracectl --server https://media.example/millrace clients

millracectl COMMAND --help tells more about a command.
)";

void append_entry(std::string& out, std::string_view term, std::string_view meaning) {
  std::string line = "  " + std::string(term);
  if (line.size() + 2 > indent) {
    out += line + "\n";
    line.clear();
  }
  line.resize(indent, ' ');
  out += wrapped(line, meaning, indent, width);
}

void append_options(std::string& out, std::span<const option_info> options) {
  for (const option_info& each : options) {
    std::string term = "--" + std::string(each.name);
    if (each.name == "help") term.insert(0, "-h, ");
    if (!each.argument.empty()) term.append(" ").append(each.argument);
    append_entry(out, term, std::string(each.meaning) + (each.repeatable ? " Repeatable." : ""));
  }
}

std::string usage_of(const command_info& command) {
  std::string out(command.name);
  if (!command.arguments.empty()) out.append(" ").append(command.arguments);
  return out;
}

}  // namespace

std::string program_help() {
  std::string out =
      "Usage: millracectl [options] COMMAND [arguments]\n\n"
      "Controls and watches a running millrace server.\n\nCommands:\n";
  for (const command_info& each : command_table())
    append_entry(out, usage_of(each), each.summary);
  out += "\nOptions, before or after the command:\n";
  append_options(out, common_options());
  out += conclusion;
  return out;
}

std::string command_help(const command_info& command) {
  std::string out = "Usage: millracectl " + usage_of(command) + " [options]\n\n";
  out += wrapped("", command.description, 0, width);
  if (!command.options.empty()) {
    out += "\nOptions of this command:\n";
    append_options(out, command.options);
  }
  out += "\nOptions of all commands:\n";
  append_options(out, common_options());
  out += command.example.find('\n') == command.example.rfind('\n') ? "\nExample:\n" : "\nExamples:\n";
  out += command.example;
  return out;
}

}  // namespace millrace::ctl
