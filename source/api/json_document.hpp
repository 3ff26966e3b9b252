#pragma once
// A whole JSON text (RFC 8259) from outside. What Boost.JSON's own parser lacks: numbers are rounded
// correctly, so that they come back as the same ones, and those too large for a double are refused (they
// would be written as `Infinity`).

#include "core/error.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

namespace millrace::api {

/// Arrays and objects within each other: more are not needed by anybody, and each costs stack.
inline constexpr std::size_t json_depth_limit = 32;

/// Any value. The last of several members with the same name counts. Errors are Boost.JSON's: syntax, invalid
/// UTF-8, more after the value, too deep, nothing at all.
result<boost::json::value> parse_json(std::string_view text);

}  // namespace millrace::api
