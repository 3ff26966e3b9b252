#pragma once
// Who fetches what next, who is late, and how many may fetch: the shared state of one delivery's fetchers and
// writer.

#include "async/broadcast.hpp"
#include "transfer/chunk_plan.hpp"
#include "transfer/lane.hpp"
#include "upstream/range_fetch.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace millrace::transfer {

/// One chunk to fetch, or the rest of it.
struct job {
  std::shared_ptr<lane> to;
  upstream::attempts tried;
  bool race = false;  ///< a second fetch of a chunk that holds up the client
};

/// Lives on one event loop, in the frame of deliver().
class scheduler {
 public:
  using clock = std::chrono::steady_clock;

  /// What `cached` holds is not fetched.
  scheduler(upstream::remote_file& file, const async::executor& on, byte_range whole, plan_limits limits,
            upstream::cached_file cached = {});

  upstream::remote_file& file() noexcept { return file_; }
  chunk_plan& plan() noexcept { return plan_; }
  const upstream::cached_file& cached() const noexcept { return cached_; }
  /// The source that `cached` belongs to.
  std::size_t cached_source() const noexcept { return cached_source_; }

  // Fetchers.

  /// The next job at once, if there is one.
  std::optional<job> try_next();
  /// Waits for a job. nullopt when there are too many fetchers and this one is to leave, or when all is
  /// delivered.
  async::awaitable<std::optional<job>> next();
  /// A chunk's rest goes back to the others, uncounted.
  void requeue(job rest);
  /// A chunk that no source could give: the writer meets the failure, nothing is fetched beyond it. A raced
  /// chunk may still come in on the other connection: its race only ends.
  void give_up(job& lost, failure cause);
  /// What bytes of that source are marked with. The first ones of the source that the file has gone on with
  /// begin a new turn.
  byte_origin origin_of(std::size_t source) noexcept;
  /// Bytes have come from that source: enough of them make its failures forgotten.
  void received(job& by, std::size_t source, std::size_t bytes);
  /// A chunk is complete; the fetcher brought so many bytes of it in that time.
  void finished(byte_offset bytes, clock::duration time, clock::duration round_trip);

  /// What an attempt to open a chunk remembers of its beginning.
  struct attempt_mark {
    unsigned epoch;        ///< number of halvings
    byte_offset received;  ///< bytes of all fetchers
  };
  attempt_mark mark() const noexcept { return {epoch_, received_}; }
  /// Whether a failed attempt means that the origin wants fewer connections, since others have worked
  /// meanwhile. It does not count as a retry then. Parallelism is halved once: attempts from before a halving
  /// tell nothing new.
  bool overloaded(const failure& cause, attempt_mark begun, bool own_worked);
  /// More fetchers run than there may be.
  bool too_many() const noexcept { return fetchers_ > parallelism_; }
  /// A fetcher's connections work from its first good answer until one fails or it becomes idle.
  void count_working(int difference) noexcept { working_ += difference; }

  /// Held by a running fetcher from its start to its end.
  struct fetcher_scope {
    explicit fetcher_scope(scheduler& counted) noexcept : in(counted) {}
    ~fetcher_scope() { --in.fetchers_; }
    fetcher_scope(const fetcher_scope&) = delete;
    fetcher_scope& operator=(const fetcher_scope&) = delete;
    scheduler& in;
  };

  /// Counts a body that flows, and lets the one that completes a raced chunk stop the others.
  struct reader_scope {
    reader_scope(scheduler& counted, const lane& into, upstream::exchange& from);
    ~reader_scope();
    reader_scope(const reader_scope&) = delete;
    reader_scope& operator=(const reader_scope&) = delete;
    scheduler& in;
    const lane& to;
    upstream::exchange& body;
  };
  /// Ends the waits of all readers: the source was changed.
  void stop_readers();
  /// Bytes that had to be fetched twice.
  void skipped(std::size_t bytes) noexcept { skipped_ += bytes; }
  byte_offset fetched() const noexcept { return received_ + skipped_; }
  /// Ends the waits of all other readers of this chunk.
  void stop_other_readers(const lane& of, const upstream::exchange& but);

  // Writer.

  /// The lane of the next bytes, or nullptr while none is planned.
  lane* head() noexcept { return lanes_.empty() ? nullptr : lanes_.front().get(); }
  bool is_head(const lane& asked) const noexcept { return !lanes_.empty() && lanes_.front().get() == &asked; }
  bool writer_waits() const noexcept { return writer_waits_; }
  /// Until head() is there.
  async::awaitable<void> wait_planned() { return planned_.wait(); }
  /// Until the head lane has bytes or a failure; the time counts as the client's waiting.
  async::awaitable<void> wait_head();
  /// The client took bytes of the head lane.
  void delivered(std::size_t bytes);

  /// The client has had bytes of that turn: what came in earlier ones and was not sent yet is fetched again.
  void drop_older(unsigned turn);

  /// Starts a fetcher with its first job; set by the owner of the task group.
  std::function<void(job)> start_fetcher;
  void launch(job first);
  /// Starts as many fetchers as the window can use.
  void grow();
  /// A late head chunk is given to a second fetcher. Called from time to time while the writer waits.
  void race_if_late();
  bool may_race() const noexcept { return parallelism_ > 1; }

  /// Plans the chunk of a first answer.
  job adopt(byte_range chunk);
  /// The client is paused and the fetchers have ended: all but one block is given up.
  void park();
  /// The last bytes that were had, up to `limit`.
  upstream::byte_sample recent_bytes(std::size_t limit) const;

 private:
  bool could_race() const noexcept;
  bool cache_fits() const noexcept { return file_.order.current() == cached_source_; }
  async::memory_budget::reservation leave(lane& old);
  bool replace(std::shared_ptr<lane>& old);
  void front_lane_changed();
  void add_lane(std::shared_ptr<lane> next);
  byte_offset plan_cached();
  std::optional<job> plan_next();

  upstream::remote_file& file_;
  async::executor on_;
  chunk_plan plan_;
  upstream::cached_file cached_;
  std::size_t cached_source_;
  std::deque<std::shared_ptr<lane>> lanes_;  ///< in order; the front one is the writer's
  std::deque<job> returned_;
  std::vector<reader_scope*> readers_;
  async::broadcast work_;
  async::event planned_;
  unsigned parallelism_;
  unsigned fetchers_ = 0, idle_ = 0, epoch_ = 0;
  int working_ = 0;
  byte_offset received_ = 0, skipped_ = 0;
  bool writer_waits_ = false;
  std::optional<byte_offset> failed_at_;  ///< begin of the first chunk that no source could give
  const lane* raced_ = nullptr;
  std::size_t line_source_;  ///< that gave the bytes of this turn
  unsigned turn_ = 0;
  clock::time_point head_since_ = clock::now();  ///< when the front lane became the writer's
  byte_offset head_filled_then_ = 0;
  double rate_ = 0;       ///< bytes per second of one connection, smoothed
  used_block last_used_;  ///< kept where there are mirrors, see recent_bytes()
  byte_offset last_used_end_ = 0;
};

}  // namespace millrace::transfer
