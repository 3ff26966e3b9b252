#pragma once
// Behaviours written into a URL: /movie.mkv?size=64M&seed=7&rate=4M&delay=40ms

#include "behaviour.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace millrace::origin {

/// What is wrong with a query, in one line.
struct query_error {
  std::string message;
};

/// `file_root`: files below it may be served by file=, none when it is empty.
std::variant<behaviour, query_error> behaviour_from_query(std::string_view query,
                                                          const std::string& file_root);

/// One line per parameter.
std::string describe_query();

/// 512K, 0.5M, 2G, 5T or plain bytes.
bool read_size(std::string_view text, std::uint64_t& value);

}  // namespace millrace::origin
