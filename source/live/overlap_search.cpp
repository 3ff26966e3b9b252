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

void overlap_search::advance(fingerprint packet) {
  ++taken_;
  seen_solid_ = seen_solid_ || !packet.filler();
  follow(packet);
  // Filler is found everywhere; it may lead on from the first packets, but begins nothing later.
  if (!convinced_ && (!packet.filler() || !seen_solid_)) seed(packet);
  if (!convinced_ && std::ranges::any_of(places_, [&](const place& candidate) {
        return candidate.evidence >= convincing_run_;
      }))
    convinced_ = true;
  retire_ended();
}

/// The next packet of the history that is still held to be essence; tables may have become known since.
std::size_t overlap_search::next(std::size_t at) const noexcept {
  do
    ++at;
  while (at < essence_.size() && tables_->is_table(essence_[at].pid()));
  return at;
}

void overlap_search::follow(fingerprint packet) {
  std::erase_if(places_, [&](place& candidate) {
    candidate.at = next(candidate.at);
    candidate.evidence += packet.filler() ? 0U : 1U;
    return candidate.at >= essence_.size() || essence_[candidate.at] != packet;
  });
}

void overlap_search::seed(fingerprint packet) {
  std::vector<place> found;
  auto link = buckets_[bucket_of(packet, buckets_.size())];
  while (link != 0 && found.size() < most_places) {
    const std::size_t at = link - 1;
    link = earlier_[at];
    if (essence_[at] == packet) found.push_back({at, packet.filler() ? 0U : 1U, taken_ == 1 || at == 0});
  }
  if (found.empty()) return;
  std::ranges::reverse(found);
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
  const auto longer = std::ranges::any_of(
      places_, [&](const place& candidate) { return candidate.evidence > last.evidence; });
  if (convinced_ && (last.evidence >= convincing_run_ || !longer)) {
    ended_ = true;
  } else if (last.anchored && last.evidence >= short_evidence_) {
    short_run_ = taken_;
    short_evidence_ = last.evidence;
  }
}

bool overlap_search::accept_unconvincing() {
  std::erase_if(places_,
                [](const place& candidate) { return !candidate.anchored || candidate.evidence == 0; });
  convinced_ = std::ranges::any_of(
      places_, [&](const place& candidate) { return candidate.evidence > short_evidence_; });
  return convinced_;
}

}  // namespace millrace::live
