#include "core/option_help.hpp"

#include "core/option_table.hpp"

#include <spdlog/fmt/fmt.h>

namespace millrace {
namespace {

constexpr std::size_t width = 100;
constexpr std::size_t indent = 35;

constexpr std::string_view introduction = R"(Usage: millrace [options]

Accelerates media: fetches what a player asks for in parallel chunks and hands it on in order.
Point the player to http://HOST:PORT/stream?url=URL

Options:
)";

constexpr std::string_view conclusion = R"(
Sizes and speeds take K, M and G (powers of 1024) and decimals: 512K, 0.5M. Seconds take decimals.

Every option can also be given as the environment variable MILLRACE_<OPTION> (upper case, _ for -;
repeatable options separated by commas; flags true or false; empty counts as not set), or as a line
"name = value" in the config file (# begins a comment; a repeated name repeats the option).
The command line beats the environment, the environment the config file.

Examples:
  millrace --port 9000 -c 8
  millrace --host 127.0.0.1 --allow-upstream loopback --log-level debug
  millrace --bind 192.0.2.10 --bind 198.51.100.10 --min-speed 64K
  MILLRACE_CONNECTIONS=16 millrace --config /etc/millrace.conf
  mpv "http://127.0.0.1:8001/stream?url=https://example.com/film.mkv"
)";

std::string usage(const option& each) {
  std::string out = each.letter ? fmt::format("  -{}, ", each.letter) : "      ";
  out += fmt::format("--{}", each.name);
  if (!each.is_flag()) out += fmt::format(" {}", each.argument);
  return out;
}

std::string notes(const option& each) {
  std::string out(each.meaning);
  if (each.values) out += " Repeatable.";
  if (!each.standard.empty()) out += fmt::format(" Default: {}.", each.standard);
  if (!each.alias.empty()) out += fmt::format(" Also {}.", each.alias);
  return out;
}

/// Appends the words of `text` to `out`, whose last line is `column` wide, and breaks lines before `width`.
void append_wrapped(std::string& out, std::size_t column, std::string_view text) {
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (column + 1 + word.size() > width) {
      out += fmt::format("\n{:{}}", "", indent);
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

}  // namespace

std::string option_help() {
  std::string out(introduction);
  for (const option& each : option_table()) {
    out += fmt::format("{:{}}", usage(each), indent);
    append_wrapped(out, indent, notes(each));
  }
  out += conclusion;
  return out;
}

}  // namespace millrace
