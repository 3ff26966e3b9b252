#pragma once
// The commands and options of the program: the parser and the help read the same tables.

#include <cstddef>
#include <span>
#include <string_view>

namespace millrace::ctl {

enum class verb { create, list, info, stats, monitor, health, failover, remove, clients, disconnect };

struct option_info {
  std::string_view name;
  std::string_view argument;  ///< empty: a flag
  std::string_view meaning;
  bool repeatable = false;
};

struct command_info {
  verb what;
  std::string_view name;
  std::string_view arguments;  ///< as usage shows them
  std::size_t least, most;     ///< how many arguments
  std::string_view summary;    ///< for the list of commands
  std::string_view description;
  std::span<const option_info> options;
  std::string_view example;  ///< whole lines
};

std::span<const command_info> command_table() noexcept;
/// Options of every command.
std::span<const option_info> common_options() noexcept;
/// nullptr when there is none of that name.
const command_info* find_command(std::string_view name) noexcept;

}  // namespace millrace::ctl
