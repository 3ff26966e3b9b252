#include "core/byte_runs.hpp"

#include <iterator>

namespace millrace {

void byte_runs::add(byte_range range) {
  if (range.empty()) return;
  auto first = ends_.upper_bound(range.begin);
  if (first != ends_.begin() && std::prev(first)->second >= range.begin) --first;
  auto last = first;
  for (; last != ends_.end() && last->first <= range.end; ++last) {
    range.begin = std::min(range.begin, last->first);
    range.end = std::max(range.end, last->second);
  }
  ends_.erase(first, last);
  ends_.emplace(range.begin, range.end);
}

void byte_runs::remove(byte_range range) {
  if (range.empty()) return;
  auto first = ends_.upper_bound(range.begin);
  if (first != ends_.begin() && std::prev(first)->second > range.begin) --first;
  while (first != ends_.end() && first->first < range.end) {
    const byte_range run{first->first, first->second};
    first = ends_.erase(first);
    if (run.begin < range.begin) ends_.emplace(run.begin, range.begin);
    if (run.end > range.end) ends_.emplace(range.end, run.end);
  }
}

std::optional<byte_range> byte_runs::next(byte_offset at) const {
  auto behind = ends_.upper_bound(at);
  if (behind != ends_.begin()) {
    const auto before = std::prev(behind);
    if (before->second > at) return byte_range{at, before->second};
  }
  if (behind == ends_.end()) return std::nullopt;
  return byte_range{behind->first, behind->second};
}

byte_offset byte_runs::size() const noexcept {
  byte_offset total = 0;
  for (const auto& [begin, end] : ends_)
    total += end - begin;
  return total;
}

bool byte_runs::holds(byte_range range) const {
  if (range.empty()) return true;
  const auto run = next(range.begin);
  return run && run->begin == range.begin && run->end >= range.end;
}

}  // namespace millrace
