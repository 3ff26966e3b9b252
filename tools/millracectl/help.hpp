#pragma once
// The texts of --help, at most 100 columns wide, with a line feed at the end.

#include "command_table.hpp"

#include <string>

namespace millrace::ctl {

std::string program_help();
std::string command_help(const command_info& command);

}  // namespace millrace::ctl
