#pragma once
// The newest pieces of a broadcast on one event loop: what the clients there send from.

#include "async/broadcast.hpp"
#include "core/error.hpp"
#include "live/piece.hpp"

#include <deque>

namespace millrace::live {

/// How a broadcast ended.
struct ending {
  bool complete = false;  ///< it was a recording, and all of it has been sent
  failure cause;          ///< otherwise
};

/// Lives on one event loop; the broadcast posts to it.
class feed {
 public:
  feed(const async::executor& on, std::size_t limit) : on_(on), limit_(limit), news_(on) {}

  const async::executor& on() const noexcept { return on_; }
  /// Pieces that are here already are ignored.
  void take(piece_ptr next);
  void finish(ending how);

  const std::optional<ending>& ended() const noexcept { return ended_; }
  bool empty() const noexcept { return pieces_.empty(); }
  position begin() const noexcept { return pieces_.empty() ? end_ : pieces_.front()->begin.at; }
  position end() const noexcept { return end_; }
  /// Until a piece has come or the broadcast has ended.
  async::awaitable<void> wait() { return news_.wait(); }

  /// The piece that holds this position, which lies in [begin, end).
  const piece_ptr& at(position wanted) const;
  /// Where a client begins: at a random access point that gives it up to `burst` bytes at once, if there is
  /// one.
  entry_point join_point(std::size_t burst) const;

 private:
  async::executor on_;
  std::size_t limit_;
  std::deque<piece_ptr> pieces_;
  position end_ = 0;
  std::optional<ending> ended_;
  async::broadcast news_;
};

}  // namespace millrace::live
