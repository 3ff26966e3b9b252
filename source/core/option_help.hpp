#pragma once
// The text of --help, made from the table of options.

#include <string>

namespace millrace {

/// At most 100 columns wide, with a line feed at the end.
std::string option_help();

}  // namespace millrace
