#pragma once
// What the whole process has served: counters that /health and /stats show.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace millrace::registry {

/// Thread-safe; outlives every media_response.
class statistics {
 public:
  using clock = std::chrono::steady_clock;

  struct snapshot {
    std::uint64_t active_streams = 0;
    std::uint64_t active_clients = 0;
    std::uint64_t total_bytes_served = 0;  ///< payload bytes of media responses that the sockets accepted
    std::chrono::seconds uptime{0};
  };

  /// One running media response; leaving the scope ends it.
  class media_response {
   public:
    media_response(media_response&& other) noexcept;
    media_response& operator=(media_response&&) = delete;
    ~media_response();

    /// Payload bytes that the client's socket accepted.
    void add_bytes(std::uint64_t bytes) noexcept;

   private:
    friend class statistics;
    explicit media_response(statistics& owner) noexcept;

    statistics* owner_;
  };

  explicit statistics(clock::time_point started = clock::now()) noexcept : started_(started) {}
  statistics(const statistics&) = delete;
  statistics& operator=(const statistics&) = delete;

  [[nodiscard]] media_response begin_media_response() noexcept { return media_response(*this); }

  snapshot read(clock::time_point now = clock::now()) const noexcept;

 private:
  clock::time_point started_;
  std::atomic<std::uint64_t> running_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace millrace::registry
