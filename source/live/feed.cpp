#include "live/feed.hpp"

#include <algorithm>

namespace millrace::live {

void feed::take(piece_ptr next) {
  if (next->begin.at < end_ || next->packets.empty()) return;
  end_ = next->end();
  pieces_.push_back(std::move(next));
  while (pieces_.size() > 1 && end_ - pieces_[1]->begin.at >= limit_)
    pieces_.pop_front();
  news_.notify_all();
}

void feed::finish(ending how) {
  if (!ended_) ended_ = std::move(how);
  news_.notify_all();
}

const piece_ptr& feed::at(position wanted) const {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), wanted,
                       [](position value, const piece_ptr& each) { return value < each->begin.at; });
  return *std::prev(after);
}

entry_point feed::join_point(std::size_t burst) const {
  const auto earliest = end_ - std::min<position>(burst, end_ - begin());
  std::optional<entry_point> before;
  for (const auto& each : pieces_) {
    const auto& found = each->random_access;
    if (!found) continue;
    if (found->at >= earliest) return *found;
    before = found;
  }
  if (before) return *before;
  for (const auto& each : pieces_) {
    if (each->begin.at >= earliest) return each->begin;
  }
  return pieces_.back()->begin;
}

}  // namespace millrace::live
