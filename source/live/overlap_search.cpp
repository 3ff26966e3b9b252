#include "live/overlap_search.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>

namespace millrace::live {

namespace {

/// Places followed at once: content that repeats over and over must not cost unbounded time. The latest
/// count.
constexpr std::size_t most_places = 1024;
/// Spreads fingerprints over buckets (the golden ratio, as in Fibonacci hashing).
constexpr std::uint64_t spread = 0x9e37'79b9'7f4a'7c15ULL;

std::size_t bucket_of(fingerprint packet, std::size_t buckets) noexcept {
  return static_cast<std::size_t>(packet.value() * spread >> 32U) & (buckets - 1);
}

}  // namespace

overlap_search::overlap_search(const packet_history& history, const program_tables& tables,
                               std::size_t convincing_run)
    : tables_(&tables), convincing_run_(convincing_run) {
  essence_.reserve(history.size());
  for (std::size_t i = 0; i < history.size(); ++i) {
    const auto pid = history[i].pid();
    if (pid != null_pid && !tables.is_table(pid)) essence_.push_back(history[i]);
  }
  index();
}

void overlap_search::index() {
  buckets_.assign(std::bit_ceil(essence_.size() + 1), 0);
  earlier_.resize(essence_.size());
  for (std::size_t i = 0; i < essence_.size(); ++i) {
    auto& latest = buckets_[bucket_of(essence_[i], buckets_.size())];
    earlier_[i] = latest;
    latest = static_cast<std::uint32_t>(i + 1);
  }
}

void overlap_search::restart() {
  places_.clear();
  taken_ = 0;
  seen_solid_ = convinced_ = false;
  ended_.reset();
  finished_.reset();
}

void overlap_search::advance(fingerprint packet) {
  ++taken_;
  seen_solid_ = seen_solid_ || !packet.filler();
  if (convinced_) {
    follow(packet, false);
    retire_ended();
    return;
  }
  // Filler is found everywhere; it may lead on from the first packets, but begins nothing later.
  const auto found = packet.filler() && seen_solid_ ? std::vector<place>() : find(packet);
  follow(packet, found.size() == 1 && !packet.filler());
  merge(found);
  retire_ended();
  judge();
}

/// The next packet of the history that is still held to be essence; tables may have become known since.
std::size_t overlap_search::next(std::size_t at) const noexcept {
  do
    ++at;
  while (at < essence_.size() && tables_->is_table(essence_[at].pid()));
  return at;
}

std::vector<overlap_search::place> overlap_search::find(fingerprint packet) const {
  std::vector<place> found;
  auto link = buckets_[bucket_of(packet, buckets_.size())];
  while (link != 0 && found.size() < most_places) {
    const std::size_t at = link - 1;
    link = earlier_[at];
    if (essence_[at] == packet) found.push_back({at, taken_, packet.filler() ? 0U : 1U, false});
  }
  std::ranges::reverse(found);
  if (found.size() == 1) found.front().unique = !packet.filler();
  return found;
}

void overlap_search::follow(fingerprint packet, bool unique) {
  std::erase_if(places_, [&](place& candidate) {
    candidate.at = next(candidate.at);
    candidate.evidence += packet.filler() ? 0U : 1U;
    candidate.unique = candidate.unique || unique;
    return candidate.at >= essence_.size() || essence_[candidate.at] != packet;
  });
}

void overlap_search::merge(const std::vector<place>& found) {
  if (found.empty()) return;
  // A place that is being followed has the longer run and stays.
  std::vector<place> merged;
  std::ranges::set_union(places_, found, std::back_inserter(merged), {}, &place::at, &place::at);
  if (merged.size() > most_places)
    merged.erase(merged.begin(), merged.end() - static_cast<std::ptrdiff_t>(most_places));
  places_ = std::move(merged);
}

void overlap_search::retire_ended() {
  if (places_.empty() || next(places_.back().at) < essence_.size()) return;
  const auto last = places_.back();
  places_.pop_back();
  if (convinced_ || (convincing(last) && last.unique)) {
    ended_ = taken_;
    return;
  }
  const auto run = taken_ - last.since + 1;
  if (!convincing(last) && last.since != 1 && run != essence_.size()) return;
  // Of two that convince, the first to end is the later place; of two that do not, the longer is better.
  if (!finished_ || !convincing(finished_->which)) finished_ = {last, taken_};
}

void overlap_search::judge() {
  if (ended_) return;
  const bool may_have_ended = finished_ && convincing(finished_->which);
  if (may_have_ended && std::ranges::none_of(places_, [&](const place& candidate) {
        return candidate.since <= finished_->which.since;
      })) {
    ended_ = finished_->after;
    return;
  }
  // Content that returns identically may be followed in several places: only what is unique tells them apart.
  const bool single = places_.size() == 1 && !may_have_ended;
  if (std::ranges::any_of(places_, [&](const place& candidate) {
        return convincing(candidate) && (candidate.unique || single);
      }))
    commit();
}

void overlap_search::commit() {
  convinced_ = true;
  if (std::ranges::any_of(places_, &place::unique))
    std::erase_if(places_, [](const place& candidate) { return !candidate.unique; });
}

void overlap_search::conclude() {
  const bool may_have_ended = finished_ && convincing(finished_->which);
  // Places that convince, and those that every packet of the connection has agreed with.
  std::erase_if(places_, [&](const place& candidate) {
    return !convincing(candidate) && (candidate.since != 1 || candidate.evidence == 0);
  });
  const auto least = finished_ ? finished_->which.evidence : 0;
  const bool better =
      std::ranges::any_of(places_, [&](const place& candidate) { return candidate.evidence > least; });
  if (!may_have_ended && better)
    commit();
  else if (finished_)
    ended_ = finished_->after;
}

}  // namespace millrace::live
