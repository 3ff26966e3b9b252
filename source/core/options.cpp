#include "core/options.hpp"

#include "core/option_help.hpp"
#include "core/option_table.hpp"
#include "core/option_values.hpp"
#include "core/version.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

// Three sources, one table, and a message that names where a bad value stands, to the line of the config
// file: Boost.Program_options drops the origin, guesses abbreviations and reads the environment apart, so it
// is not used.

namespace millrace {
namespace {

/// An option with a value, not yet checked.
struct assignment {
  const option* target;
  std::string value;
  std::string origin;  ///< where it stands: `--port`, `MILLRACE_PORT` or `file:line: port`
};

using assignments = std::vector<assignment>;
using lookup = std::function<const char*(const char*)>;

/// What the user typed, fit for one line of a terminal.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string out = "\"";
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return out + (text.size() > longest ? "…\"" : "\"");
}

const option* find_option(std::string_view name) {
  const auto found = std::ranges::find(option_table(), name, &option::name);
  return found == option_table().end() ? nullptr : &*found;
}

const option* find_option(char letter) {
  const auto found = std::ranges::find(option_table(), letter, &option::letter);
  return found == option_table().end() || letter == '\0' ? nullptr : &*found;
}

/// --config, --version and --help act on their own instead of filling a setting.
bool is_setting(const option& each) {
  return each.store != nullptr;
}

/// `-p 80`, `-p80`, `--port 80`, `--port=80`; flags stand alone or as `--insecure=false`. No abbreviations.
class command_line {
 public:
  explicit command_line(std::span<const std::string> arguments) : rest_(arguments) {}

  assignments read() {
    assignments out;
    while (!rest_.empty()) {
      const std::string_view argument = rest_.front();
      rest_ = rest_.subspan(1);
      if (argument.starts_with("--") && argument.size() > 2) {
        out.push_back(read_long(argument.substr(2)));
      } else if (argument.starts_with('-') && argument.size() > 1 && argument != "--") {
        out.push_back(read_short(argument));
      } else {
        throw option_error(fmt::format("unexpected argument {}; see --help", quoted(argument)));
      }
    }
    return out;
  }

 private:
  assignment read_long(std::string_view text) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const option* target = find_option(name);
    // Only the name is shown: the rest may be a secret meant for another version.
    if (!target)
      throw option_error(fmt::format("unknown option {}; see --help", quoted(fmt::format("--{}", name))));
    const auto origin = fmt::format("--{}", name);
    if (equals != std::string_view::npos) {
      if (target->is_flag() && !is_setting(*target)) throw option_error(origin + " takes no value");
      return {target, std::string(text.substr(equals + 1)), origin};
    }
    return {target, target->is_flag() ? "true" : next_value(origin), origin};
  }

  assignment read_short(std::string_view text) {
    const option* target = find_option(text[1]);
    if (!target) throw option_error(fmt::format("unknown option {}; see --help", quoted(text.substr(0, 2))));
    const auto origin = std::string(text.substr(0, 2));
    return {target, text.size() > 2 ? std::string(text.substr(2)) : next_value(origin), origin};
  }

  std::string next_value(const std::string& origin) {
    // A value that looks like an option is a forgotten value; --name=--value still says it.
    if (rest_.empty() || rest_.front().starts_with("--"))
      throw option_error(origin + " needs a value; see --help");
    const auto& value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }

  std::span<const std::string> rest_;
};

std::string variable_name(std::string_view option_name) {
  std::string out = "MILLRACE_";
  for (const char c : option_name)
    out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// The variable of an option; MILLRACE_<NAME> beats the alias, and an empty one counts as not set.
std::optional<assignment> read_variable(const option& each, const lookup& environment) {
  for (const auto& name : {variable_name(each.name), std::string(each.alias)}) {
    const char* value = name.empty() ? nullptr : environment(name.c_str());
    if (value && *value) return assignment{&each, value, name};
  }
  return std::nullopt;
}

assignments read_environment(const lookup& environment) {
  assignments out;
  for (const option& each : option_table()) {
    const auto found = is_setting(each) ? read_variable(each, environment) : std::nullopt;
    if (!found) continue;
    if (!each.values) {
      out.push_back(*found);
      continue;
    }
    for (std::string_view rest = found->value; !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      const auto item = trimmed(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (!item.empty()) out.push_back({&each, std::string(item), found->origin});
    }
  }
  return out;
}

/// `#` begins a comment at the start of a line or after a blank: it may also stand inside of a value.
std::string_view without_comment(std::string_view line) {
  for (auto at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

std::optional<assignment> read_config_line(std::string_view line, const std::string& place) {
  line = trimmed(without_comment(line));
  if (line.empty()) return std::nullopt;
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) throw option_error(place + ": expected name = value");
  const auto name = trimmed(line.substr(0, equals));
  const option* target = find_option(name);
  if (!target) throw option_error(fmt::format("{}: unknown option {}", place, quoted(name)));
  if (!is_setting(*target))
    throw option_error(fmt::format("{}: {} cannot stand in a config file", place, name));
  return assignment{target, std::string(trimmed(line.substr(equals + 1))),
                    fmt::format("{}: {}", place, name)};
}

assignments read_config(const assignment& config) {
  const auto refuse = [&](int error) {
    throw option_error(fmt::format("{}: cannot read {}: {}", config.origin, quoted(config.value),
                                   std::generic_category().message(error)));
  };
  errno = 0;
  std::ifstream file(config.value);
  if (!file) refuse(errno);
  assignments out;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    std::string_view text = line;
    if (number == 1 && text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    auto found = read_config_line(text, fmt::format("{}:{}", config.value, number));
    if (found) out.push_back(std::move(*found));
  }
  if (file.bad()) refuse(errno);
  return out;
}

/// The last one given counts.
std::optional<assignment> given(const assignments& all, std::string_view name) {
  const auto named = [&](const assignment& each) { return each.target->name == name; };
  const auto found = std::find_if(all.rbegin(), all.rend(), named);
  return found == all.rend() ? std::nullopt : std::optional(*found);
}

/// One source over the weaker ones applied before.
void overlay(const assignments& source, settings& out) {
  for (const assignment& each : source) {
    if (each.target->values) each.target->values(out)->clear();
  }
  for (const assignment& each : source) {
    if (!is_setting(*each.target)) continue;
    try {
      each.target->store(out, each.value);
    } catch (const option_values::bad_value& wanted) {
      const auto shown = each.target->confidential ? std::string() : " " + quoted(each.value);
      throw option_error(fmt::format("{}: bad value{}, expected {}", each.origin, shown, wanted.what()));
    }
  }
}

}  // namespace

parsed_options parse_options(std::span<const std::string> arguments, const lookup& environment) {
  const auto typed = command_line(arguments).read();
  if (given(typed, "help")) return option_help();
  if (given(typed, "version")) return fmt::format("millrace {}\n", version());

  auto config = given(typed, "config");
  if (!config) config = read_variable(*find_option("config"), environment);

  settings out;
  if (config) overlay(read_config(*config), out);
  overlay(read_environment(environment), out);
  overlay(typed, out);
  return out;
}

}  // namespace millrace
