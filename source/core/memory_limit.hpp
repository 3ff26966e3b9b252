#pragma once
// How much memory this process may use: the RAM, or what its control group allows.

#include <cstdint>
#include <filesystem>

namespace millrace {

/// Bytes: the smallest of /proc/meminfo's MemTotal and the limits of the control group and its ancestors,
/// version 2 (memory.max) and 1 (memory.limit_in_bytes). 0 when nothing can be read. `root` is where /proc
/// and /sys are.
std::uint64_t memory_limit(const std::filesystem::path& root = "/");

}  // namespace millrace
