#pragma once
// Every option of the server in one table: parsing, the environment, the config file and --help all read it.

#include "core/settings.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// One option. What it has no use for is empty.
struct option {
  using list = std::vector<std::string>;

  std::string_view name = {};      ///< without the dashes
  char letter = '\0';              ///< of the short form
  std::string_view alias = {};     ///< a second environment variable, beaten by MILLRACE_<NAME>
  std::string_view argument = {};  ///< what stands in --help for the value; empty: a flag
  std::string_view standard = {};  ///< the default, for --help
  std::string_view meaning = {};   ///< one sentence for --help, with the unit

  bool confidential = false;  ///< no message shows the value

  /// Checks a value and stores it; throws option_values::bad_value.
  void (*store)(settings&, std::string_view) = nullptr;
  /// The list that a repeatable option fills: what a stronger source says replaces it, so it is emptied
  /// first.
  list* (*values)(settings&) = nullptr;

  bool is_flag() const noexcept { return argument.empty(); }
};

/// In the order of --help.
std::span<const option> option_table() noexcept;

}  // namespace millrace
