#include "transfer/segment_shelf.hpp"

#include <algorithm>

namespace millrace::transfer {

namespace {

/// What it takes now; a running fetch takes more soon.
std::uint64_t memory_of(const shared_resource& of) {
  if (of.range.end == shared_resource::unknown_end) return of.body.size();
  return of.range.size();
}

}  // namespace

std::uint64_t segment_shelf::weight(const kept_list& of) {
  std::uint64_t total = 0;
  for (const auto& each : of)
    total += memory_of(*each.what);
  return total;
}

/// The lock is held.
segment_shelf::resource_ptr segment_shelf::found(const std::string& key) const {
  const auto place = found_.find(key);
  if (place == found_.end()) return nullptr;
  auto there = place->second.lock();
  if (there && there->body.broken()) return nullptr;
  return there;
}

segment_shelf::resource_ptr segment_shelf::find(const std::string& key) const {
  const std::scoped_lock lock(mutex_);
  return found(key);
}

bool segment_shelf::begin(const std::string& key, const resource_ptr& running) {
  const std::scoped_lock lock(mutex_);
  if (found(key)) return false;
  found_[key] = running;
  return true;
}

void segment_shelf::keep(const std::string& stream_id, const std::string& key, clock::time_point until) {
  std::vector<resource_ptr> dropped;  // freed without the lock
  const std::scoped_lock lock(mutex_);
  auto what = found(key);
  if (!what) return;
  auto& of = kept_[stream_id];
  const auto known = std::find_if(of.begin(), of.end(), [&](const kept& each) { return each.what == what; });
  if (known == of.end()) {
    of.push_back({key, std::move(what), until});
  } else {
    known->until = std::max(known->until, until);
  }
  shrink(of, dropped);
}

/// Summed up each time: what is still being fetched grows meanwhile.
void segment_shelf::shrink(kept_list& of, std::vector<resource_ptr>& dropped) const {
  while (weight(of) > per_stream_) {
    dropped.push_back(std::move(of.front().what));
    of.pop_front();
  }
}

void segment_shelf::forget(const std::string& stream_id) {
  kept_list dropped;  // freed without the lock
  const std::scoped_lock lock(mutex_);
  const auto place = kept_.find(stream_id);
  if (place == kept_.end()) return;
  dropped = std::move(place->second);
  kept_.erase(place);
}

void segment_shelf::clean_up(clock::time_point now) {
  std::vector<resource_ptr> dropped;  // freed without the lock
  const std::scoped_lock lock(mutex_);
  for (auto& [stream, of] : kept_) {
    std::erase_if(of, [&](kept& each) {
      const bool goes = each.until <= now || each.what->body.broken();
      if (goes) dropped.push_back(std::move(each.what));
      return goes;
    });
    shrink(of, dropped);
  }
  std::erase_if(kept_, [](const auto& each) { return each.second.empty(); });
  std::erase_if(found_, [](const auto& each) { return each.second.expired(); });
}

std::size_t segment_shelf::bytes() const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t total = 0;
  for (const auto& [stream, of] : kept_)
    total += weight(of);
  return static_cast<std::size_t>(total);
}

}  // namespace millrace::transfer
