#pragma once
// Durations, rates and counts for people.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::ctl {

/// "45 s", "12 min 5 s", "3 h 12 min", "2 d 3 h": the two largest units.
std::string format_duration(std::chrono::seconds time);

/// "1.5 MiB/s"; "-" while it is not known.
std::string format_rate(std::optional<double> bytes_per_second);

/// "1 client", "2 clients".
std::string format_count(std::uint64_t count, std::string_view singular);

}  // namespace millrace::ctl
