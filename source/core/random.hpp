#pragma once
// Randomness: for back-off jitter, and for names that nobody may guess.

#include <cstddef>
#include <string>

namespace millrace {

/// Uniform in [0, 1), from a generator of the calling thread's own.
/// Not for secrets.
double random_unit();
/// So many bytes from the system's generator for secrets, as lower-case hex digits. Throws std::system_error
/// when it does not work.
std::string random_hex(std::size_t bytes);

}  // namespace millrace
