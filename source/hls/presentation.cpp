#include "hls/presentation.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

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
const T* presentation::memory<T>::find(std::size_t key) const {
  const auto recent = recent_.find(key);
  if (recent != recent_.end()) return &recent->second;
  const auto older = older_.find(key);
  return older == older_.end() ? nullptr : &older->second;
}

template <class T>
void presentation::memory<T>::keep(std::size_t key, T value) {
  if (recent_.size() >= memory_generation) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_.insert_or_assign(key, std::move(value));
}

/// The half that nobody has asked for longest goes.
void presentation::make_room() {
  if (tracks_.size() < most_tracks) return;
  std::vector<std::chrono::steady_clock::time_point> times;
  for (const auto& [asked, each] : tracks_)
    times.push_back(each.used);
  const auto middle = std::next(times.begin(), std::ssize(times) / 2);
  std::nth_element(times.begin(), middle, times.end());
  std::erase_if(tracks_, [limit = *middle](const auto& each) { return each.second.used <= limit; });
}

std::shared_ptr<track> presentation::track_of(const url& asked) {
  const std::scoped_lock lock(mutex_);
  auto found = tracks_.find(asked.text());
  if (found == tracks_.end()) {
    make_room();
    found = tracks_.emplace(asked.text(), known_track{std::make_shared<track>()}).first;
  }
  found->second.used = std::chrono::steady_clock::now();
  return found->second.shown;
}

void presentation::join(const url& asked, const url& counterpart) {
  if (asked == counterpart) return;
  const std::scoped_lock lock(mutex_);
  const auto found = tracks_.find(asked.text());
  if (found == tracks_.end()) return;
  const auto shown = found->second.shown;
  make_room();
  tracks_.try_emplace(counterpart.text(), known_track{shown});
}

std::size_t presentation::key_of(std::string_view absolute) noexcept {
  return std::hash<std::string_view>()(absolute);
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
  const auto* slot = owners_.find(key_of(target.text()));
  return slot == nullptr ? std::nullopt : std::optional(slots_[*slot]);
}

void presentation::remember_owners(std::span<const std::size_t> keys, std::size_t slot) {
  const std::scoped_lock lock(mutex_);
  for (const auto key : keys)
    owners_.keep(key, slot);
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
  no_playlists_.keep(key_of(target.text()), true);
}

bool presentation::is_no_playlist(const url& target) const {
  const std::scoped_lock lock(mutex_);
  return no_playlists_.find(key_of(target.text())) != nullptr;
}

std::shared_ptr<presentation> presentation_list::of(const std::shared_ptr<registry::stream>& stream) {
  const std::scoped_lock lock(mutex_);
  auto& found = all_[stream->id()];
  if (!found || !found->is_of(stream)) found = std::make_shared<presentation>(stream);
  return found;
}

void presentation::forget_idle(std::chrono::steady_clock::time_point now) {
  std::vector<std::shared_ptr<track>> shown;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [asked, each] : tracks_)
      shown.push_back(each.shown);
  }
  for (const auto& each : shown)
    each->forget_idle(now);
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
