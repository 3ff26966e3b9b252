#pragma once
// What all clients of one HLS stream share: its media playlists from reload to reload, and what its sources'
// playlists said when they were last seen, because failover maps from one source's URLs to another's.

#include "hls/playlist_fetch.hpp"
#include "hls/track.hpp"
#include "registry/stream.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace::hls {

/// A playlist as one source gave it, ready to be mapped from or to.
struct seen_playlist {
  fetched_playlist fetched;
  variable_list imported;
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
};
using seen_ptr = std::shared_ptr<const seen_playlist>;

/// Thread-safe; a lock per request. Sources are named by their URL, so that a changed list of sources keeps
/// what was learnt.
class presentation {
 public:
  using media_list = std::vector<std::pair<url, seen_ptr>>;

  explicit presentation(const std::shared_ptr<registry::stream>& of) : stream_(of) {}
  presentation(const presentation&) = delete;
  presentation& operator=(const presentation&) = delete;

  bool is_of(const std::shared_ptr<registry::stream>& asked) const noexcept {
    return !stream_.expired() && !stream_.owner_before(asked) && !asked.owner_before(stream_);
  }
  bool orphaned() const noexcept { return stream_.expired(); }

  // Media playlists that go on from reload to reload.

  /// Of the playlist that players ask for with this URL.
  std::shared_ptr<track> track_of(const url& asked);
  /// Two URLs are the same playlist on two sources.
  void join(const url& asked, const url& counterpart);

  // Sources. What is in them is kept only where there are several.

  /// A number for that source, the same for ever.
  std::size_t slot(const url& source);
  /// The source whose playlists named this URL last; nothing when nobody knows.
  std::optional<url> owner_of(const url& target) const;
  /// As it is named in remember_owners().
  static std::size_t key_of(std::string_view absolute) noexcept;
  void remember_owners(std::span<const std::size_t> keys, std::size_t slot);
  void remember_top(const url& source, seen_ptr seen);
  void remember_media(const url& source, const url& target, seen_ptr seen);
  /// The playlist at the source's own URL; null when it has not been seen.
  seen_ptr top(const url& source) const;
  /// The media playlists of that source, the latest first, and the URLs they were asked for with.
  media_list media(const url& source) const;

  // Live streams.

  void saw_live(std::chrono::microseconds target) noexcept { live_target_.store(target.count()); }
  /// The target duration of the live playlist seen last, also after its end; 0 for what was never live.
  std::chrono::microseconds live_target() const noexcept {
    return std::chrono::microseconds(live_target_.load());
  }

  /// Drops texts that nobody has asked for lately.
  void forget_idle(std::chrono::steady_clock::time_point now);

  // What a URL leads to.

  /// Its body does not begin with #EXTM3U.
  void remember_no_playlist(const url& target);
  bool is_no_playlist(const url& target) const;

 private:
  struct source_record {
    seen_ptr top;
    std::deque<std::pair<url, seen_ptr>> media;
  };
  /// A map from URLs that forgets the older half when it becomes large.
  template <class T>
  class memory {
   public:
    const T* find(std::size_t key) const;
    void keep(std::size_t key, T value);

   private:
    std::unordered_map<std::size_t, T> recent_, older_;
  };

  std::weak_ptr<registry::stream> stream_;
  std::atomic<std::int64_t> live_target_{0};
  mutable std::mutex mutex_;
  struct known_track {
    std::shared_ptr<track> shown;
    std::chrono::steady_clock::time_point used = std::chrono::steady_clock::now();
  };
  void make_room();

  std::map<std::string, known_track> tracks_;
  std::vector<url> slots_;
  std::map<std::string, source_record> sources_;
  memory<std::size_t> owners_;
  memory<bool> no_playlists_;
};

/// The presentations of all streams. Thread-safe.
class presentation_list {
 public:
  std::shared_ptr<presentation> of(const std::shared_ptr<registry::stream>& stream);
  /// Forgets those whose streams are gone, and what nobody asks for. To be called every few seconds.
  void clean_up(std::chrono::steady_clock::time_point now);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<presentation>> all_;
};

}  // namespace millrace::hls
