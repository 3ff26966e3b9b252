#pragma once
// Sizes as people write them: 512K, 0.5M, 2G (powers of 1024), plain bytes.

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

/// Digits, an optional decimal fraction, an optional K, M or G in either case. errc::invalid_size otherwise,
/// for negative numbers, and for what does not fit into 64 bits. Fractions of a byte are cut off.
result<std::uint64_t> parse_size(std::string_view text);

/// "1.5 MiB", for people.
std::string format_size(std::uint64_t bytes);

}  // namespace millrace
