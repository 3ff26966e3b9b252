#pragma once
// Which millrace this is.

#include <string_view>

namespace millrace {

/// "0.1.0", the project's version in CMake.
std::string_view version() noexcept;

}  // namespace millrace
