#pragma once
// One live stream on the air: one upstream, many clients on any event loop.
//
// The pieces that the home loop publishes are posted to a feed on each loop that has clients; the clients
// there send from it without a lock. One post per loop and piece, not per client.

#include "async/block_pool.hpp"
#include "async/event.hpp"
#include "core/settings.hpp"
#include "live/feed.hpp"
#include "registry/stream.hpp"

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

namespace millrace::live {

class broadcast;

/// A client's place in a broadcast; leaving the scope leaves it.
class seat {
 public:
  seat(std::shared_ptr<broadcast> in, std::shared_ptr<feed> from);
  ~seat();
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;

  const feed& from() const noexcept { return *feed_; }
  feed& from() noexcept { return *feed_; }
  broadcast& in() noexcept { return *broadcast_; }
  /// How far the client is. Called on its loop.
  void advance(position to);
  /// From any thread.
  position reached() const noexcept { return reached_.load(); }

 private:
  std::atomic<position> reached_{0};
  std::shared_ptr<broadcast> broadcast_;
  std::shared_ptr<feed> feed_;
};

/// An operator wants another source. `reply` is called once, on the home loop.
struct move_order {
  url source;
  std::function<void(fetch_result<void>)> reply;
};

class broadcast : public std::enable_shared_from_this<broadcast> {
 public:
  /// The buffer's share of the memory is reserved; where memory is short it is smaller than configured.
  broadcast(const async::executor& home, std::shared_ptr<registry::stream> what, const live_settings& config,
            async::memory_budget& memory);

  const live_settings& config() const noexcept { return config_; }
  const std::shared_ptr<registry::stream>& stream() const noexcept { return stream_; }

  // From any thread.

  /// A place for a client on the event loop `here`, called on that loop; null when the broadcast is over.
  std::unique_ptr<seat> join(const async::executor& here);
  std::size_t viewers() const noexcept { return viewers_.load(std::memory_order_relaxed); }
  /// False when it is over: no reply comes then.
  bool order(move_order what);
  /// Nobody can join any more.
  bool over() const;

  // On the home loop.

  void publish(const piece_ptr& next);
  /// How far the fastest client is; the end where there is none. Takes the lock.
  position fastest() const;
  /// reader() is notified, once, when a client is beyond `there` or leaves. Look at fastest() afterwards: it
  /// may have happened already.
  void watch_beyond(position there) noexcept { watched_ = there; }
  position published() const noexcept { return published_; }
  /// True when there is no client: nobody can join any more.
  bool close_if_empty();
  /// The end of all feeds. Orders that were not obeyed are refused.
  void finish(const ending& how);
  /// The next order, if there is one; what has not been taken when the broadcast ends is refused by finish().
  std::optional<move_order> take_order();
  /// All orders of that source: what came of one of them is an answer to the others.
  std::vector<move_order> take_orders(const url& source);
  /// The last client has gone.
  async::event& attention() noexcept { return attention_; }
  /// There are orders.
  async::event& ordered() noexcept { return ordered_; }
  /// Who reads the upstream, and waits with it, shall look again.
  async::event& reader() noexcept { return reader_; }

 private:
  friend class seat;
  struct listener {
    std::shared_ptr<feed> to;
    std::vector<const seat*> seats;
  };

  void enter(const seat& who, const std::shared_ptr<feed>& at);
  void leave(const seat& who, const std::shared_ptr<feed>& at);
  void notify(async::event broadcast::* what);
  void wake_reader(position reached);

  static constexpr position unwatched = std::numeric_limits<position>::max();

  async::executor home_;
  std::shared_ptr<registry::stream> stream_;
  live_settings config_;
  async::memory_budget::reservation reserved_;
  async::event attention_, ordered_, reader_;
  position published_ = 0;
  /// With seat::reached_ in one total order: a client that moves sees it, or the reader sees the client.
  std::atomic<position> watched_{unwatched};
  std::atomic<std::size_t> viewers_{0};

  mutable std::mutex mutex_;
  std::deque<piece_ptr> recent_;  ///< for feeds that are made later
  std::vector<listener> feeds_;
  std::vector<move_order> orders_;
  bool over_ = false;
};

}  // namespace millrace::live
