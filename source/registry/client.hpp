#pragma once
// One client of one stream, and its running responses.

#include "registry/stream.hpp"

namespace millrace::registry {

/// Entry of the registry: exists from the first request until --client-timeout after the last one.
class client {
 public:
  client(std::string id, std::shared_ptr<stream> of, std::string user_agent, std::string address)
      : id_(std::move(id)),
        stream_(std::move(of)),
        user_agent_(std::move(user_agent)),
        address_(std::move(address)) {}
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  const std::string& id() const noexcept { return id_; }
  const stream& playing() const noexcept { return *stream_; }
  /// As of its first request.
  const std::string& user_agent() const noexcept { return user_agent_; }
  const std::string& address() const noexcept { return address_; }
  wall_clock::time_point first_seen() const noexcept { return first_seen_; }
  wall_clock::time_point last_seen() const noexcept { return last_seen_.load(std::memory_order_relaxed); }
  /// See stream::is_active().
  bool is_active(wall_clock::time_point now) const noexcept;
  void touch() noexcept { last_seen_.store(wall_clock::now(), std::memory_order_relaxed); }

  std::atomic<std::uint64_t> bytes_served{0};  ///< payload bytes that sockets accepted
  std::atomic<std::uint64_t> segments_served{0};
  std::atomic<std::size_t> running{0};  ///< open responses

 private:
  friend class directory;
  friend class playback;

  std::string id_;
  std::shared_ptr<stream> stream_;
  std::string user_agent_, address_;
  wall_clock::time_point first_seen_ = wall_clock::now();
  std::atomic<wall_clock::time_point> last_seen_ = first_seen_;
  std::uint64_t serial_ = 0;  ///< the directory's own
  std::atomic<stream::clock::time_point> idle_since_ = stream::clock::now();
};

/// What others may ask of a running response. Called from any thread, under a lock: post and return.
struct playback_control {
  std::function<void()> stop;                 ///< end at once: its client or stream was removed
  std::function<void(const url&)> move_to{};  ///< go on with this source
};

/// One open response; leaving the scope ends it. Lives on the response's event loop.
class playback {
 public:
  playback(std::shared_ptr<stream> of, std::shared_ptr<client> by, statistics& totals,
           playback_control control);
  ~playback();
  playback(const playback&) = delete;
  playback& operator=(const playback&) = delete;

  /// The body begins at this byte of a file of that size; what add_bytes() counts follows in order. Only such
  /// responses count for the stream's progress.
  void begins(byte_offset first, std::optional<byte_offset> total);
  /// Payload bytes that the client's socket accepted.
  void add_bytes(std::uint64_t bytes) noexcept;

  void add_segment() noexcept;

  stream& of() noexcept { return *stream_; }
  client& by() noexcept { return *client_; }

 private:
  friend class stream;
  friend class directory;

  std::shared_ptr<stream> stream_;
  std::shared_ptr<client> client_;
  /// Under the stream's lock, once begins() was called.
  delivered_run delivered() const noexcept;

  statistics& totals_;
  playback_control control_;
  std::optional<delivered_run> run_;  ///< under the stream's lock; its end is run_->bytes.begin + sent_
  std::atomic<byte_offset> sent_{0};  ///< written by its own event loop
  std::list<playback*>::iterator position_;
};

}  // namespace millrace::registry
