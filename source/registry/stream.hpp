#pragma once
// One stream that is known: where it comes from, who plays it, how it fares.

#include "registry/cause.hpp"
#include "registry/delivery_record.hpp"
#include "registry/rate_meter.hpp"
#include "registry/source_memory.hpp"
#include "registry/statistics.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace millrace::registry {

using wall_clock = std::chrono::system_clock;
/// Names and values in the order they were given.
using pairs = std::vector<std::pair<std::string, std::string>>;

/// What an operator, or a request with ?url=, says of a stream. Immutable once it is in the registry.
struct stream_definition {
  std::vector<url> sources;  ///< the primary first, then the failover URLs
  std::string user_agent;    ///< empty: the server's
  pairs headers;             ///< sent upstream
  pairs metadata;
};

/// What it turned out to be. `hls` and `direct` are the stream_type of the interface.
enum class stream_kind {
  undecided,  ///< the first use will tell
  hls,        ///< a playlist
  file,       ///< answers Range requests
  body,       ///< a body without Range support
  live,       ///< MPEG-TS without an end
};

class playback;

/// How far a stream has come whose progress is recorded.
struct stream_progress {
  bool removed = false;              ///< from the registry
  bool failed = false;               ///< the last play did, because of the upstream
  bool complete = false;             ///< every byte was delivered to a client at least once
  std::optional<byte_offset> total;  ///< unknown where it has never been told
  byte_offset delivered = 0;         ///< different bytes
};

/// Shared by the registry and the requests that play it. Thread-safe: counters are atomic, the rest is under
/// a lock that no byte waits for.
class stream {
 public:
  using clock = source_memory::clock;

  stream(std::string id, stream_definition what, const registry_settings& config);
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  const std::string& id() const noexcept { return id_; }
  /// By an operator; else a request with ?url= made it.
  bool posted() const noexcept { return posted_.load(std::memory_order_relaxed); }
  wall_clock::time_point created_at() const noexcept { return created_; }
  std::shared_ptr<const stream_definition> definition() const;
  /// The sources for anybody's play: all that an operator has named, else the primary alone, since the others
  /// are mirrors that single requests brought.
  std::vector<url> trusted_sources() const;
  /// A new definition; running responses keep the old one until they need another source.
  void redefine(stream_definition what);

  const registry_settings& config() const noexcept { return config_; }
  stream_kind kind() const noexcept { return kind_.load(std::memory_order_relaxed); }
  void turned_out(stream_kind what) noexcept { kind_.store(what, std::memory_order_relaxed); }

  // Sources.

  /// See source_memory.
  std::vector<std::size_t> source_order(std::span<const url> sources) const;
  void source_answered(const url& source);
  void source_worked(const url& source);
  void source_failed(const url& source, const failure& why);
  /// Position in definition()->sources of the source in use.
  std::size_t current_source() const;
  /// All responses that run now are asked to go on with this source; how many there are.
  std::size_t move_all_to(const url& source);

  // What happened.

  /// From now on it is recorded which bytes have been delivered; at most `most_runs` separate ranges.
  void record_progress(std::optional<byte_offset> total, std::size_t most_runs);
  /// The size of what a response delivers turned out at its end.
  void learn_total(byte_offset total);
  stream_progress progress() const;
  /// Gone from the registry for good.
  bool removed() const;

  /// A request that could not be served to its end because of the upstream.
  void record_error(const std::string& what);
  std::string last_error() const;
  std::atomic<std::uint64_t> bytes_served{0};  ///< payload bytes that sockets accepted
  std::atomic<std::uint64_t> segments_served{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> failovers{0};  ///< tried, by itself or by hand
  std::atomic<std::size_t> running{0};      ///< open responses
  std::atomic<std::size_t> connections{0};  ///< to upstreams, that bring bytes right now
  rate_meter arriving;                      ///< bytes from upstreams
  std::atomic<std::size_t> clients{0};      ///< entries in the registry
  /// Something plays it; HLS players ask for one segment now and then.
  bool is_active(wall_clock::time_point now) const noexcept;
  void touch() noexcept { last_access_.store(wall_clock::now(), std::memory_order_relaxed); }
  wall_clock::time_point last_access() const noexcept { return last_access_.load(std::memory_order_relaxed); }

 private:
  friend class directory;
  friend class playback;

  std::string id_;
  const registry_settings& config_;
  wall_clock::time_point created_ = wall_clock::now();
  std::atomic<wall_clock::time_point> last_access_ = created_;
  std::atomic<stream_kind> kind_;

  std::atomic<bool> failed_{false};  ///< because of the upstream, since bytes were last delivered

  mutable std::mutex mutex_;
  std::shared_ptr<const stream_definition> definition_;
  source_memory memory_;
  std::string last_error_;
  std::optional<delivery_record> record_;
  std::list<playback*> playing_;  ///< the open responses
  bool removed_ = false;          ///< from the registry: nobody may begin to play it

  // The directory's own.
  std::uint64_t serial_ = 0;
  std::atomic<bool> posted_{false};              ///< changed under its lock
  clock::time_point idle_since_ = clock::now();  ///< since when it has had no clients
};

/// One more of stream::connections as long as it lives.
class working_connection {
 public:
  working_connection() noexcept = default;
  explicit working_connection(std::shared_ptr<stream> of) noexcept;
  working_connection(working_connection&& other) noexcept = default;
  working_connection& operator=(working_connection&& other) noexcept;
  ~working_connection();

 private:
  std::shared_ptr<stream> of_;
};

/// By the extension of the URL's path, else undecided.
stream_kind kind_of_url(const url& primary);

}  // namespace millrace::registry
