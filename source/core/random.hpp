#pragma once
// Randomness for back-off jitter; not for secrets.

namespace millrace {

/// Uniform in [0, 1), from a generator of the calling thread's own.
double random_unit();

}  // namespace millrace
