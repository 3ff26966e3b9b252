#include "arguments.hpp"

#include "core/option_values.hpp"
#include "core/utf8.hpp"
#include "core/version.hpp"
#include "help.hpp"
#include "stream_options.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/value_semantic.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace millrace::ctl {

namespace po = boost::program_options;

namespace {

constexpr const char* default_server = "http://127.0.0.1:8001";
constexpr std::chrono::seconds longest_time{86'400};

/// The words of a command line in their order, options and arguments told apart.
struct words {
  std::map<std::string, std::vector<std::string>, std::less<>> options;
  std::vector<std::string> positional;

  bool has(std::string_view name) const { return options.find(name) != options.end(); }
  std::optional<std::string> last(std::string_view name) const {
    const auto found = options.find(name);
    return found == options.end() ? std::nullopt : std::optional(found->second.back());
  }
  std::vector<std::string> all(std::string_view name) const {
    const auto found = options.find(name);
    return found == options.end() ? std::vector<std::string>() : found->second;
  }
};

void describe(po::options_description& out, std::span<const option_info> options) {
  for (const option_info& each : options) {
    const std::string name(each.name == "help" ? "help,h" : each.name);
    if (each.argument.empty()) {
      out.add_options()(name.c_str(), "");
    } else {
      out.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
    }
  }
}

std::vector<po::option> split(const std::vector<std::string>& arguments) {
  po::options_description known;
  describe(known, common_options());
  for (const command_info& each : command_table())
    describe(known, each.options);
  known.add_options()("argument", po::value<std::vector<std::string>>(), "");
  po::positional_options_description rest;
  rest.add("argument", -1);
  // Options are never guessed from their first letters: scripts would break when a new one comes.
  using namespace po::command_line_style;
  constexpr int style = allow_long | long_allow_next | long_allow_adjacent | allow_short | short_allow_next |
                        allow_dash_for_short;
  try {
    return po::command_line_parser(arguments).options(known).positional(rest).style(style).run().options;
  } catch (const po::error& error) {
    throw usage_error(error.what());
  }
}

/// `--failover A B` names two URLs: bare words right behind a failover URL are more of them, once the command
/// has its own arguments.
words sort_out(const std::vector<po::option>& given) {
  words out;
  bool after_failover = false;
  for (const po::option& each : given) {
    if (each.position_key < 0) {
      after_failover = each.string_key == "failover";
      auto& values = out.options[each.string_key];
      if (each.value.empty()) values.emplace_back();
      values.insert(values.end(), each.value.begin(), each.value.end());
    } else if (after_failover && out.positional.size() >= 2) {
      out.options["failover"].push_back(each.value.front());
    } else {
      out.positional.push_back(each.value.front());
      after_failover = false;
    }
  }
  if (out.has("argument")) throw usage_error("unrecognised option '--argument'");
  return out;
}

const command_info& named_command(const std::string& name) {
  if (const command_info* found = find_command(name)) return *found;
  throw usage_error("there is no command '" + name + "'; millracectl --help lists them");
}

void check_words(const words& given, const command_info& command) {
  for (const auto& [name, values] : given.options) {
    const auto has = [&](std::span<const option_info> options) {
      return std::ranges::find(options, std::string_view(name), &option_info::name) != options.end();
    };
    if (!has(common_options()) && !has(command.options)) {
      throw usage_error("--" + name + " is no option of " + std::string(command.name));
    }
  }
  const std::string see = "; see millracectl " + std::string(command.name) + " --help";
  if (given.positional.size() - 1 < command.least) {
    throw usage_error(std::string(command.name) + " needs " + std::string(command.arguments) + see);
  }
  if (given.positional.size() - 1 > command.most) {
    throw usage_error("unexpected '" + given.positional[command.most + 1] + "' after " +
                      std::string(command.name) + see);
  }
}

std::chrono::milliseconds seconds_of(const words& given, std::string_view name,
                                     std::chrono::milliseconds standard) {
  const auto text = given.last(name);
  if (!text) return standard;
  try {
    return option_values::seconds(*text, longest_time);
  } catch (const option_values::bad_value& error) {
    throw usage_error("--" + std::string(name) + ": expected " + error.what() + ", not '" + *text + "'");
  }
}

/// An empty variable counts as not set.
std::string first_of(const environment& variables, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = variables(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

connection_settings read_connection(const words& given, const environment& variables) {
  std::string text = first_of(variables, {"MILLRACE_SERVER"});
  std::string source = "MILLRACE_SERVER";
  if (const auto option = given.last("server")) {
    text = *option;
    source = "--server";
  } else if (text.empty()) {
    text = default_server;
  }
  auto server = server_address::parse(text);
  if (!server)
    throw usage_error(source + ": expected an http or https URL without query, not '" + text + "'");

  connection_settings out{.server = std::move(*server)};
  out.token = given.last("token").value_or(
      first_of(variables, {"MILLRACE_TOKEN", "MILLRACE_API_TOKEN", "API_TOKEN"}));
  if (std::ranges::any_of(out.token, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    throw usage_error("the token may not hold control characters");
  }
  out.ca_file = given.last("ca-file").value_or("");
  out.insecure = given.has("insecure");
  out.timeout = seconds_of(given, "timeout", out.timeout);
  return out;
}

void add_once(stream_request::pairs& to, std::pair<std::string, std::string> added, bool any_case,
              std::string_view option) {
  for (const auto& [name, value] : to) {
    if (any_case ? boost::algorithm::iequals(name, added.first) : name == added.first) {
      throw usage_error("--" + std::string(option) + ": " + added.first + " is given twice");
    }
  }
  to.push_back(std::move(added));
}

stream_request read_stream(const words& given) {
  stream_request out;
  out.url = given.positional[1];
  out.failover_urls = given.all("failover");
  out.user_agent = given.last("user-agent").value_or("");
  for (const auto& each : given.all("header"))
    add_once(out.headers, parse_header(each), true, "header");
  for (const auto& each : given.all("metadata")) {
    add_once(out.metadata, parse_metadata(each), false, "metadata");
  }
  return out;
}

/// An id becomes one segment of a path, which "." and ".." would not stay.
std::string checked_id(const std::string& text) {
  if (text.empty() || text == "." || text == "..") throw usage_error("'" + text + "' is no id");
  return text;
}

}  // namespace

std::variant<invocation, std::string> parse_arguments(const std::vector<std::string>& arguments,
                                                      const environment& variables) {
  // What is sent as JSON has to be UTF-8, and so has every URL and id.
  if (!std::ranges::all_of(arguments, is_utf8)) throw usage_error("the command line is not UTF-8");
  const words given = sort_out(split(arguments));
  const auto& positional = given.positional;
  if (given.has("version")) return "millracectl " + std::string(version()) + "\n";
  if (positional.empty()) {
    if (given.has("help")) return program_help();
    throw usage_error("expected a command; millracectl --help lists them");
  }
  if (positional[0] == "help") {
    return positional.size() < 2 ? program_help() : command_help(named_command(positional[1]));
  }
  const command_info& command = named_command(positional[0]);
  if (given.has("help")) return command_help(command);
  check_words(given, command);

  invocation out{.connection = read_connection(given, variables), .command = command.what};
  out.json = given.has("json");
  out.interval = seconds_of(given, "interval", out.interval);
  if (const auto stream = given.last("stream")) out.stream_id = checked_id(*stream);
  if (command.what == verb::create) {
    out.stream = read_stream(given);
  } else if (positional.size() > 1) {
    out.id = checked_id(positional[1]);
  }
  return out;
}

}  // namespace millrace::ctl
