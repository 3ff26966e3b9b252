#pragma once
// How the values of the interface are spelt in JSON (RFC 8259).

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace millrace::api {

/// ISO 8601 in UTC with milliseconds: "2025-01-31T23:59:59.123Z".
std::string iso_time(std::chrono::system_clock::time_point when);

/// Adds a string member; `name` is UTF-8. Bytes in `text` that are not UTF-8 become U+FFFD: JSON knows no
/// others.
void put_text(boost::json::object& into, std::string_view name, std::string_view text);

}  // namespace millrace::api
