#pragma once
// From the command line and the environment to what is asked for.

#include "invocation.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace millrace::ctl {

/// `what()` is one clear line about a bad command line.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Null for a variable that is not set.
using environment = std::function<const char*(const char* name)>;

/// `arguments` without the program's name. Answers the command, or the text that --help or --version asked
/// for. Throws usage_error.
std::variant<invocation, std::string> parse_arguments(const std::vector<std::string>& arguments,
                                                      const environment& variables);

}  // namespace millrace::ctl
