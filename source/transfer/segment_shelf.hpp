#pragma once
// The segments that are shared from memory: those being fetched, and the newest of live streams, which are
// kept for the clients that are a little behind.

#include "transfer/shared_resource.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::transfer {

/// Thread-safe; shared by all event loops. A lock per request. The memory budget must outlive it.
class segment_shelf {
 public:
  using clock = std::chrono::steady_clock;
  using resource_ptr = std::shared_ptr<shared_resource>;

  /// `per_stream`: bytes kept for one stream at most (hls_settings::shelf).
  explicit segment_shelf(std::size_t per_stream) : per_stream_(per_stream) {}
  segment_shelf(const segment_shelf&) = delete;
  segment_shelf& operator=(const segment_shelf&) = delete;

  /// A segment that is being fetched, is read, or is kept; null when there is none, or only a broken one.
  /// `key` stands for all that the upstream's answer depends on: URL, range, request headers.
  resource_ptr find(const std::string& key) const;
  /// A fetch that has begun is found from now on, for as long as somebody holds it. False, and nothing
  /// changes, when another one that is not broken is found under that key already: use that one.
  bool begin(const std::string& key, const resource_ptr& running);
  /// What is found under that key, finished or not, is kept until then. Where a stream's segments become too
  /// many bytes, the ones kept first go first.
  void keep(const std::string& stream_id, const std::string& key, clock::time_point until);
  /// The stream is gone: nothing is kept for it any more.
  void forget(const std::string& stream_id);
  /// Drops what has been kept long enough, and what broke. To be called every few seconds.
  void clean_up(clock::time_point now);
  /// What is kept.
  std::size_t bytes() const;

 private:
  struct kept {
    std::string key;
    resource_ptr what;
    clock::time_point until;
  };
  using kept_list = std::deque<kept>;  ///< in the order in which they were first kept

  resource_ptr found(const std::string& key) const;
  static std::uint64_t weight(const kept_list& of);
  void shrink(kept_list& of, std::vector<resource_ptr>& dropped) const;

  std::size_t per_stream_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<shared_resource>> found_;
  std::unordered_map<std::string, kept_list> kept_;
};

}  // namespace millrace::transfer
