#pragma once
// The bytes of one response body in memory: filled once, by one coroutine, and read by many on any event loop
// while they come in.

#include "async/block_pool.hpp"
#include "async/event.hpp"
#include "core/byte_range.hpp"
#include "core/error.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace millrace::transfer {

class reading;

/// Bytes never move and are never dropped while the body lives. Owned by shared pointers; the last one may go
/// on any thread. The memory budget must outlive it.
class shared_body {
 public:
  /// `reserved`: the body's share of the memory, the whole size where that is known; what is needed beyond it
  /// is added by extend().
  explicit shared_body(async::memory_budget::reservation reserved);
  ~shared_body();
  shared_body(const shared_body&) = delete;
  shared_body& operator=(const shared_body&) = delete;

  // Any thread.

  /// A place to read from, for use on the event loop `here` alone. It keeps the body alive.
  static std::unique_ptr<reading> open(std::shared_ptr<shared_body> from, const async::executor& here);
  byte_offset size() const noexcept { return size_.load(std::memory_order_acquire); }
  /// No more bytes will come.
  bool ended() const;
  /// It ended before its time.
  bool broken() const;
  std::size_t readers() const;

  // The filler, on its event loop.

  /// The next bytes; ignored after the end.
  void append(std::span<const std::byte> bytes);
  /// The end, complete or broken with its cause. Only the first one counts.
  void end(std::optional<failure> cause = std::nullopt);
  /// Ends it with that cause if nobody reads it any more; true when it has ended, so that the filler may
  /// stop. Who comes later finds it broken.
  bool end_if_unread(const failure& cause);
  /// More memory for what is to be appended.
  void extend(async::memory_budget::reservation more);
  /// What has been reserved so far, used or not.
  std::uint64_t reserved() const noexcept { return reserved_bytes_; }
  /// `handler` is posted to `home` whenever the last reading of an unfinished body goes away (at once, if it
  /// has gone already). Look at end_if_unread() then: another one may have come. An empty handler ends that;
  /// call it on `home`, before what the handler uses is gone.
  void on_unread(const async::executor& home, std::function<void()> handler);

 private:
  friend class reading;
  struct block {
    byte_offset begin;
    std::size_t size;
    std::unique_ptr<std::byte[]> bytes;
  };
  struct unread_watch {
    async::executor home;
    std::shared_ptr<std::function<void()>> handler;
  };
  struct wake_up {
    async::executor on;
    std::weak_ptr<async::event> told;
  };

  std::span<std::byte> room();
  void publish(std::size_t bytes);
  std::vector<wake_up> due();
  static void wake(std::vector<wake_up> these);
  void tell_unread(std::unique_lock<std::mutex> lock);
  std::span<const std::byte> at(byte_offset position) const;
  std::optional<failure> cause() const;
  bool watch(reading& who, byte_offset position);
  void enter(reading& who);
  void leave(reading& who);

  // The filler's.
  std::vector<async::memory_budget::reservation> reservations_;
  std::uint64_t reserved_bytes_ = 0;
  byte_offset capacity_ = 0;

  mutable std::mutex mutex_;
  std::vector<block> blocks_;
  std::atomic<byte_offset> size_{0};
  bool ended_ = false;
  std::optional<failure> cause_;
  std::vector<reading*> readings_;
  bool was_read_ = false;
  unread_watch unread_;
};

/// One reader's place; leaving the scope leaves the body. Lives on one event loop.
class reading {
 public:
  reading(std::shared_ptr<shared_body> from, const async::executor& here);
  ~reading();
  reading(const reading&) = delete;
  reading& operator=(const reading&) = delete;

  /// The bytes that lie together from `position` on, valid while this reading lives; empty when they are not
  /// there yet, or will never be.
  std::span<const std::byte> at(byte_offset position) const { return body_->at(position); }
  byte_offset size() const noexcept { return body_->size(); }
  /// No more bytes will come: size() is final.
  bool ended() const { return body_->ended(); }
  /// Why it ended before its time; nothing while it has not, or when it is complete.
  std::optional<failure> cause() const { return body_->cause(); }
  /// Until there are bytes beyond `position`, or the body has ended. Throws operation_aborted when cancelled.
  async::awaitable<void> wait_beyond(byte_offset position);

 private:
  friend class shared_body;

  std::shared_ptr<shared_body> body_;
  async::executor here_;
  std::shared_ptr<async::event> told_;
  std::optional<byte_offset> waits_at_;  ///< under the body's lock
};

}  // namespace millrace::transfer
