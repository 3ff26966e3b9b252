#pragma once
// Command line, environment and config file → settings.

#include "core/settings.hpp"

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>

namespace millrace {

/// A bad option or value. `what()` is the one clear line for stderr.
struct option_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the command line asks for: run with settings, or print a text (--help, --version), which ends with a
/// line feed, and exit 0.
using parsed_options = std::variant<settings, std::string>;

/// `arguments` without the program's name; `environment` answers a variable's value or nullptr.
/// Precedence: command line, environment, config file, default. Throws option_error.
parsed_options parse_options(std::span<const std::string> arguments,
                             const std::function<const char*(const char*)>& environment);

}  // namespace millrace
