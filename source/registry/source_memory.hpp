#pragma once
// Which of a stream's URLs worked last, and which of them rest after a failure. Decisions only.

#include "core/settings.hpp"
#include "core/url.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace millrace::registry {

/// Not thread-safe: its owner locks. Keyed by URL, so that a changed list of sources keeps what was learnt.
class source_memory {
 public:
  using clock = std::chrono::steady_clock;

  /// The order in which a new request tries these sources (0 is the primary): the one that worked last, then
  /// the others in cyclic order, those that rest at the end. Each once.
  std::vector<std::size_t> order(std::span<const url> sources, clock::time_point now) const;
  /// The source that is in use: the one that worked last, or the primary.
  std::size_t current(std::span<const url> sources) const;

  /// It gave a proper answer: it is the first choice from now on.
  void answered(const url& source);
  /// Enough good bytes have come from it: likewise, and its failures are forgotten.
  void worked(const url& source);
  /// It rests for registry_settings::source_rest, twice as long with each further failure, and counts as new
  /// when it has not failed for long.
  void failed(const url& source, clock::time_point now, const registry_settings& config);
  /// Forgets sources that are not in the list any more.
  void keep_only(std::span<const url> sources);

 private:
  struct record {
    unsigned failures = 0;
    clock::time_point rests_until{};
  };

  std::string last_good_;
  std::map<std::string, record> failed_;
};

}  // namespace millrace::registry
