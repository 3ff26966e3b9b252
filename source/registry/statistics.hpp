#pragma once
// What the whole process has done: counters that /health, /stats and /metrics show.

#include "registry/cause.hpp"
#include "registry/histogram.hpp"
#include "registry/limit.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

namespace millrace::registry {

/// A client that waits so long for bytes may notice it: shorter waits do not count as stalls.
inline constexpr std::chrono::milliseconds noticeable_stall{100};

/// Thread-safe; a lock per request at most, never per block. Whoever holds a reference is outlived by it.
class statistics {
 public:
  using clock = std::chrono::steady_clock;
  using counter = std::atomic<std::uint64_t>;
  /// Requests by route pattern and status. The patterns are constants of the program.
  using request_counts = std::map<std::pair<std::string_view, unsigned>, std::uint64_t>;

  /// One more as long as it lives, in a counter that shows how many there are.
  class gauge_entry {
   public:
    gauge_entry() noexcept = default;
    explicit gauge_entry(counter& counted) noexcept : counted_(&counted) { ++counted; }
    gauge_entry(gauge_entry&& other) noexcept : counted_(std::exchange(other.counted_, nullptr)) {}
    gauge_entry& operator=(gauge_entry&& other) noexcept {
      std::swap(counted_, other.counted_);
      return *this;
    }
    ~gauge_entry() {
      if (counted_) --*counted_;
    }

   private:
    counter* counted_ = nullptr;
  };

  explicit statistics(clock::time_point started = clock::now()) noexcept : started_(started) {}
  statistics(const statistics&) = delete;
  statistics& operator=(const statistics&) = delete;

  // Clients.
  counter active_streams{0};         ///< with a running media response
  counter active_clients{0};         ///< likewise
  counter total_bytes_served{0};     ///< payload bytes of media responses that the sockets accepted
  counter total_segments_served{0};  ///< HLS segments
  counter clients_refused{0};        ///< connections beyond --max-clients
  counter clients_skipped{0};        ///< slow clients of live streams that skipped ahead
  counter stalls{0};                 ///< times a client had to wait for bytes after its first one
  counter stalled_nanoseconds{0};    ///< and how long in all
  histogram first_byte;              ///< from a media request's head to the first byte of its body
  histogram seek_first_byte;         ///< the same for ranges that begin behind the first byte

  // Attacks and accidents.
  std::array<counter, limit_count> limits{};          ///< times each limit struck
  std::array<counter, objection_count> objections{};  ///< requests refused before any handler

  // The cache of --cache.
  counter cache_hits{0};       ///< responses with bytes from the cache
  counter cache_misses{0};     ///< responses without any, while there is a cache
  counter cache_hit_bytes{0};  ///< payload bytes sent from the cache
  counter cache_evictions{0};  ///< pages given up for others
  counter cache_bytes{0};      ///< kept now

  // Upstreams.
  counter bytes_fetched{0};     ///< body bytes received
  counter bytes_wasted{0};      ///< of these, fetched but never delivered to any client
  counter upstream_open{0};     ///< connections, idle ones included
  counter upstream_opened{0};   ///< connections ever made
  counter upstream_refused{0};  ///< attempts to connect that were refused
  histogram upstream_latency;   ///< from an upstream request to its response head
  histogram failover_gap;       ///< from the last byte of one source to the first of the next one
  std::array<counter, cause_count> retries{};
  std::array<counter, cause_count> failovers{};

  void count_retry(cause why) noexcept { ++retries[static_cast<std::size_t>(why)]; }
  void count_failover(cause why) noexcept { ++failovers[static_cast<std::size_t>(why)]; }
  void count_limit(limit which) noexcept { ++limits[static_cast<std::size_t>(which)]; }
  void count_objection(objection why) noexcept { ++objections[static_cast<std::size_t>(why)]; }
  std::uint64_t struck(limit which) const noexcept { return limits[static_cast<std::size_t>(which)].load(); }
  std::uint64_t objected(objection why) const noexcept {
    return objections[static_cast<std::size_t>(why)].load();
  }
  void count_stall(clock::duration waited) noexcept {
    ++stalls;
    stalled_nanoseconds +=
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(waited).count());
  }
  static std::uint64_t sum(const std::array<counter, cause_count>& all) noexcept {
    std::uint64_t total = 0;
    for (const auto& each : all)
      total += each.load(std::memory_order_relaxed);
    return total;
  }

  /// `route` must live as long as the process (a pattern of the route table).
  void count_request(std::string_view route, unsigned status);
  request_counts requests() const;

  std::chrono::seconds uptime(clock::time_point now = clock::now()) const noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(now - started_);
  }
  /// The wall clock's time when the counters began.
  std::chrono::system_clock::time_point started_at() const noexcept { return started_at_; }
  /// Called once a second or so by one owner: measures the speed since the last call.
  void sample_speed(clock::time_point now);
  /// Bytes per second served, between the last two samples.
  std::uint64_t bytes_per_second() const;

 private:
  clock::time_point started_;
  std::chrono::system_clock::time_point started_at_ = std::chrono::system_clock::now();
  mutable std::mutex mutex_;
  request_counts requests_;
  clock::time_point sampled_at_ = started_;
  std::uint64_t sampled_bytes_ = 0, speed_ = 0;
};

}  // namespace millrace::registry
