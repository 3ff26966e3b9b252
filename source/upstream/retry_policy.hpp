#pragma once
// What to do after a failure: the same URL again, another source, or give up. Decisions only, no waiting.

#include "core/error.hpp"
#include "core/settings.hpp"

#include <chrono>
#include <cstddef>

namespace millrace::upstream {

struct retry_decision {
  enum class action { retry, next_source, give_up };
  action what = action::give_up;
  std::chrono::milliseconds wait{0};  ///< before trying again; 0 for the other actions

  bool operator==(const retry_decision&) const = default;
};

/// 408, 425, 429 and 5xx: the same URL may work in a moment.
bool is_transient_status(int status) noexcept;
/// 401, 403, 404 and 410: this URL will not answer otherwise, however often it is asked.
bool is_refusing_status(int status) noexcept;
/// An answer to a Range request that a request without Range may not get: some servers refuse every Range, or
/// answer it without a total size.
bool refuses_ranges(const failure& cause) noexcept;
/// 401, 403, 408, 429, 5xx, a refused or reset connection: on an additional connection, beside working ones,
/// such a failure means that the origin wants fewer of them.
bool looks_like_overload(const failure& cause) noexcept;

/// 0.5 s · 2^n and up to a quarter more, at most 8 s; `jitter` is in [0, 1).
std::chrono::milliseconds backoff(unsigned n, double jitter, const upstream_settings& config) noexcept;

/// The failures of one chunk, or of the first answer of a request.
class attempts {
 public:
  /// `source` is the one that failed, `gained` the bytes this attempt brought before, `another_left` tells
  /// whether a source is left that has not been tried since bytes last flowed.
  retry_decision decide(const failure& cause, std::size_t source, std::uint64_t gained, bool another_left,
                        double jitter, const upstream_settings& config) noexcept;
  /// Enough good bytes have come (upstream_settings::progress_bytes or progress_time).
  void restore() noexcept { *this = attempts(); }

 private:
  std::size_t source_ = 0;
  unsigned failures_ = 0;   ///< of this source since it was taken or restored
  unsigned fruitless_ = 0;  ///< in a row without a byte
};

}  // namespace millrace::upstream
