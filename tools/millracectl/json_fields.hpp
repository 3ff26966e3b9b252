#pragma once
// Reading a server's JSON (RFC 8259) without trusting its shape, and printing it without trusting its bytes.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::ctl {

/// The member as text: strings as they are, numbers and booleans in JSON, anything else and a missing one
/// empty.
std::string text_of(const boost::json::object& object, std::string_view name);
/// The member as a whole number; 0 when it is missing, negative or none.
std::uint64_t number_of(const boost::json::object& object, std::string_view name);
bool flag_of(const boost::json::object& object, std::string_view name);
/// Empty when the member is missing or no array.
const boost::json::array& array_of(const boost::json::object& object, std::string_view name);
/// Empty when the member is missing or no object.
const boost::json::object& object_of(const boost::json::object& object, std::string_view name);

/// The same JSON on one line, with the characters that could manipulate a terminal as \u escapes. `valid` is
/// well-formed JSON.
std::string printable_json(std::string_view valid);

}  // namespace millrace::ctl
