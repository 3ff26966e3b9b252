#include "upstream/url_memory.hpp"

namespace millrace::upstream {

std::optional<learnt> url_memory::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

void url_memory::keep(const std::string& key, learnt value) {
  const std::lock_guard lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) {
    found->second->second = std::move(value);
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  entries_.emplace_front(key, std::move(value));
  index_.emplace(key, entries_.begin());
  if (entries_.size() <= limit_) return;
  index_.erase(entries_.back().first);
  entries_.pop_back();
}

void url_memory::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return;
  entries_.erase(found->second);
  index_.erase(found);
}

}  // namespace millrace::upstream
