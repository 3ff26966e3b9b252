#include "hls/presentation.hpp"

#include <algorithm>
#include <functional>

namespace millrace::hls {

namespace {

/// Of one stream: variants and renditions on all its sources.
constexpr std::size_t most_tracks = 1024;
constexpr std::size_t most_media_playlists = 64;
constexpr std::size_t most_media_bytes = std::size_t{32} << 20;
/// URLs that are remembered, twice as many at most.
constexpr std::size_t memory_generation = 50'000;

}  // namespace

template <class T>
const T* presentation::memory<T>::find(std::string_view key) const {
  const auto hash = std::hash<std::string_view>()(key);
  const auto recent = recent_.find(hash);
  if (recent != recent_.end()) return &recent->second;
  const auto older = older_.find(hash);
  return older == older_.end() ? nullptr : &older->second;
}

template <class T>
void presentation::memory<T>::keep(std::string_view key, T value) {
  if (recent_.size() >= memory_generation) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_.insert_or_assign(std::hash<std::string_view>()(key), std::move(value));
}

std::shared_ptr<track> presentation::track_of(const url& asked) {
  const std::scoped_lock lock(mutex_);
  if (tracks_.size() >= most_tracks)
    std::erase_if(tracks_, [](const auto& each) { return each.second.use_count() == 1; });
  auto& found = tracks_[asked.text()];
  if (!found) found = std::make_shared<track>();
  return found;
}

void presentation::join(const url& asked, const url& counterpart) {
  if (asked == counterpart) return;
  const std::scoped_lock lock(mutex_);
  const auto found = tracks_.find(asked.text());
  if (found != tracks_.end()) tracks_.try_emplace(counterpart.text(), found->second);
}

std::size_t presentation::slot(const url& source) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::find(slots_.begin(), slots_.end(), source);
  if (found != slots_.end()) return static_cast<std::size_t>(found - slots_.begin());
  slots_.push_back(source);
  return slots_.size() - 1;
}

std::optional<url> presentation::owner_of(const url& target) const {
  const std::scoped_lock lock(mutex_);
  const auto* slot = owners_.find(target.text());
  return slot == nullptr ? std::nullopt : std::optional(slots_[*slot]);
}

void presentation::remember_owner(std::string_view absolute, std::size_t slot) {
  const std::scoped_lock lock(mutex_);
  owners_.keep(absolute, slot);
}

void presentation::remember_top(const url& source, seen_ptr seen) {
  const std::scoped_lock lock(mutex_);
  sources_[source.text()].top = std::move(seen);
}

void presentation::remember_media(const url& source, const url& target, seen_ptr seen) {
  const std::scoped_lock lock(mutex_);
  auto& list = sources_[source.text()].media;
  std::erase_if(list, [&](const auto& each) { return each.first == target; });
  list.emplace_front(target, std::move(seen));
  std::size_t bytes = 0;
  std::size_t kept = 0;
  for (const auto& each : list) {
    bytes += each.second->fetched.text.text().size();
    if (kept > 0 && (kept == most_media_playlists || bytes > most_media_bytes)) break;
    ++kept;
  }
  list.resize(kept, list.front());
}

seen_ptr presentation::top(const url& source) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sources_.find(source.text());
  return found == sources_.end() ? nullptr : found->second.top;
}

presentation::media_list presentation::media(const url& source) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sources_.find(source.text());
  if (found == sources_.end()) return {};
  return {found->second.media.begin(), found->second.media.end()};
}

void presentation::remember_no_playlist(const url& target) {
  const std::scoped_lock lock(mutex_);
  no_playlists_.keep(target.text(), true);
}

bool presentation::is_no_playlist(const url& target) const {
  const std::scoped_lock lock(mutex_);
  return no_playlists_.find(target.text()) != nullptr;
}

std::shared_ptr<presentation> presentation_list::of(const std::shared_ptr<registry::stream>& stream) {
  const std::scoped_lock lock(mutex_);
  auto& found = all_[stream->id()];
  if (!found || !found->is_of(stream)) found = std::make_shared<presentation>(stream);
  return found;
}

void presentation::forget_idle(std::chrono::steady_clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [asked, shown] : tracks_)
    shown->forget_idle(now);
}

void presentation_list::clean_up(std::chrono::steady_clock::time_point now) {
  std::vector<std::shared_ptr<presentation>> left;
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(all_, [](const auto& each) { return each.second->orphaned(); });
    for (const auto& [id, each] : all_)
      left.push_back(each);
  }
  for (const auto& each : left)
    each->forget_idle(now);
}

}  // namespace millrace::hls
