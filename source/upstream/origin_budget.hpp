#pragma once
// How many connections an origin bears: learnt from refusals, remembered for a while, shared by all requests.

#include "core/settings.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace millrace::upstream {

/// Thread-safe.
class origin_budget {
 public:
  using clock = std::chrono::steady_clock;

  explicit origin_budget(std::chrono::minutes memory) : memory_(memory) {}

  /// The most parallel connections one request may use there: `wanted`, or fewer if the origin has shown a
  /// limit.
  unsigned limit(const std::string& origin, unsigned wanted, clock::time_point now);
  /// An additional connection failed beside working ones: remembers half of `tried`, at least 1, and returns
  /// it.
  unsigned overloaded(const std::string& origin, unsigned tried, clock::time_point now);

 private:
  struct entry {
    unsigned limit;
    clock::time_point until;
  };

  std::chrono::minutes memory_;
  std::mutex mutex_;
  std::unordered_map<std::string, entry> entries_;
};

}  // namespace millrace::upstream
