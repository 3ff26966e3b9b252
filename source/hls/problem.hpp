#pragma once
// Why a playlist cannot be read, as a value with the line.

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <string>

namespace millrace::hls {

enum class problem_code {
  too_large,           ///< more than 16 MiB, or more than `most_lines`
  not_a_playlist,      ///< does not begin with #EXTM3U
  bad_attributes,      ///< an attribute list with an unclosed quotation mark
  bad_number,          ///< not a decimal number, or one that is out of range
  bad_definition,      ///< EXT-X-DEFINE without a name or a value, or with too long ones
  duplicate_variable,  ///< a variable defined twice
  undefined_variable,  ///< a reference to a variable, an import or a query parameter that does not exist
  bad_reference,       ///< resolves to no http(s) URL
  too_many_keys,       ///< more key formats in force than anybody uses
  output_too_large,    ///< the rewritten text would not fit in memory sensibly
};

struct problem {
  problem_code code;
  std::size_t line = 0;  ///< counted from 1; 0 means the text as a whole

  bool operator==(const problem&) const = default;
};

/// Plain words for the log line and the problem document, without any text of the playlist.
std::string to_string(const problem& found);

/// Required by boost::system::result<T, problem>::value(); millrace itself asks has_value() first.
[[noreturn]] void throw_exception_from_error(const problem& found, const boost::source_location& where);

template <class T>
using parse_result = boost::system::result<T, problem>;

}  // namespace millrace::hls
