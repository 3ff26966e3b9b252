#include "upstream/origin_budget.hpp"

#include <algorithm>

namespace millrace::upstream {

unsigned origin_budget::limit(const std::string& origin, unsigned wanted, clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(origin);
  if (found == entries_.end()) return wanted;
  if (found->second.until <= now) {
    entries_.erase(found);
    return wanted;
  }
  return std::min(wanted, found->second.limit);
}

unsigned origin_budget::overloaded(const std::string& origin, unsigned tried, clock::time_point now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= now; });
  const auto halved = std::max(1U, tried / 2);
  auto& known = entries_.try_emplace(origin, entry{halved, now}).first->second;
  known.limit = std::min(known.limit, halved);
  known.until = now + memory_;
  return known.limit;
}

}  // namespace millrace::upstream
