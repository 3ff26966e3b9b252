#include "transfer/scheduler.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::transfer {

namespace {

byte_offset whole_blocks(byte_offset bytes) {
  return (bytes + async::small_block - 1) / async::small_block * async::small_block;
}

/// Nothing is late before so long a time, and a fresh connection takes so long to begin.
constexpr std::chrono::duration<double> shortest_lateness{0.1};
/// A chunk is late when a fresh connection would bring it so many times faster.
constexpr double worth_a_race = 2;

}  // namespace

scheduler::scheduler(upstream::remote_file& file, const async::executor& on, byte_range whole,
                     plan_limits limits, upstream::cached_file cached)
    : file_(file),
      on_(on),
      plan_(whole, limits),
      cached_(std::move(cached)),
      cached_source_(file.order.current()),
      work_(on),
      planned_(on),
      parallelism_(limits.connections),
      line_source_(cached_source_) {
  const auto origin = file.current().location.origin();
  parallelism_ = file.with.budget.limit(origin, parallelism_, clock::now());
}

void scheduler::add_lane(std::shared_ptr<lane> next) {
  plan_.commit(next->chunk());
  lanes_.push_back(std::move(next));
  if (lanes_.size() == 1) front_lane_changed();
  planned_.notify();
}

job scheduler::adopt(byte_range chunk) {
  auto reserved = file_.with.buffers.try_reserve(whole_blocks(chunk.size()));
  add_lane(std::make_shared<lane>(on_, file_.with.blocks, chunk, std::move(reserved)));
  return {.to = lanes_.back(), .tried = {}, .race = false};
}

/// Lanes for the cached bytes that come next, as far as the window goes. Where the next cached bytes begin:
/// what is fetched ends there.
byte_offset scheduler::plan_cached() {
  if (!cache_fits()) return chunk_plan::furthest;
  for (;;) {
    const auto run = cached_.next_run(plan_.cursor());
    if (!run || run->begin > plan_.cursor()) return run ? run->begin : chunk_plan::furthest;
    auto chunk = plan_.next(parallelism_, run->end);
    if (!chunk) return plan_.cursor();
    auto pages = cached_.pages(*chunk);
    if (pages.empty()) continue;  // evicted meanwhile
    chunk->end = std::min(chunk->end, pages.back()->range().end);
    add_lane(
        std::make_shared<lane>(on_, file_.with.blocks, *chunk, std::move(pages), origin_of(cached_source_)));
  }
}

std::optional<job> scheduler::plan_next() {
  const auto chunk = plan_.next(parallelism_, plan_cached());
  if (!chunk) return std::nullopt;
  auto reserved = file_.with.buffers.try_reserve(whole_blocks(chunk->size()));
  // Memory is short: go on one block at a time, with nothing read ahead.
  if (reserved.size() == 0 && !lanes_.empty()) return std::nullopt;
  add_lane(std::make_shared<lane>(on_, file_.with.blocks, *chunk, std::move(reserved)));
  return job{.to = lanes_.back(), .tried = {}, .race = false};
}

std::optional<job> scheduler::try_next() {
  if (too_many()) return std::nullopt;
  while (!returned_.empty()) {
    const auto first =
        std::ranges::min_element(returned_, {}, [](const job& each) { return each.to->chunk().begin; });
    job taken = std::move(*first);
    returned_.erase(first);
    const bool in_vain = failed_at_ && taken.to->chunk().begin >= *failed_at_;
    if (!in_vain && !taken.to->complete()) return taken;
  }
  if (failed_at_) return std::nullopt;
  return plan_next();
}

async::awaitable<std::optional<job>> scheduler::next() {
  for (;;) {
    auto found = try_next();
    // The delivery ends its fetchers by cancelling them: most find it finished then, and need no exception to
    // leave.
    if (found || too_many() || plan_.finished()) co_return found;
    ++idle_;
    co_await work_.wait();
    --idle_;
  }
}

void scheduler::requeue(job rest) {
  if (rest.to->complete()) return;
  rest.race = false;
  returned_.push_back(std::move(rest));
  work_.notify_all();
}

void scheduler::give_up(job& lost, failure cause) {
  if (lost.race || lost.to->complete()) return;
  const auto begin = lost.to->chunk().begin;
  failed_at_ = std::min(begin, failed_at_.value_or(begin));
  lost.to->fail(std::move(cause));
}

byte_origin scheduler::origin_of(std::size_t source) noexcept {
  if (source != line_source_ && source == file_.order.current()) {
    line_source_ = source;
    ++turn_;
  }
  const bool late = source != line_source_ && turn_ > 0;
  return {source, late ? turn_ - 1 : turn_};
}

void scheduler::received(job& by, std::size_t source, std::size_t bytes) {
  received_ += bytes;
  if (file_.received(source, bytes)) by.tried.restore();
}

void scheduler::finished(byte_offset bytes, clock::duration time, clock::duration round_trip) {
  // Too little to tell a rate: a byte that only confirms what is cached.
  if (bytes < async::small_block) return;
  plan_.chunk_took(bytes, time, round_trip);
  const double seconds = std::chrono::duration<double>(time).count();
  if (seconds <= 0) return;
  const double latest = static_cast<double>(bytes) / seconds;
  rate_ = rate_ == 0 ? latest : rate_ * 0.75 + latest * 0.25;
}

bool scheduler::overloaded(const failure& cause, attempt_mark begun, bool own_worked) {
  if (!upstream::looks_like_overload(cause)) return false;
  if (begun.epoch != epoch_) return true;
  const auto others = std::max(working_ - (own_worked ? 1 : 0), 0);
  if (others == 0 && received_ == begun.received) return false;
  const auto& location = file_.current().location;
  const auto tried = std::max(fetchers_, 2U * static_cast<unsigned>(others));
  parallelism_ = std::min(parallelism_, file_.with.budget.overloaded(location.origin(), tried, clock::now()));
  ++epoch_;
  log::info("{}: {}; going on with {} connections", location.redacted(), to_string(cause), parallelism_);
  return true;
}

scheduler::reader_scope::reader_scope(scheduler& counted, const lane& into, upstream::exchange& from)
    : in(counted), to(into), body(from) {
  in.readers_.push_back(this);
}

scheduler::reader_scope::~reader_scope() {
  std::erase(in.readers_, this);
}

void scheduler::stop_readers() {
  for (auto* reader : readers_)
    reader->body.cancel();
}

void scheduler::stop_other_readers(const lane& of, const upstream::exchange& but) {
  for (auto* reader : readers_) {
    if (&reader->to == &of && &reader->body != &but) reader->body.cancel();
  }
}

async::awaitable<void> scheduler::wait_head() {
  /// A writer that is cancelled waits no more: nothing is raced for it.
  struct waiting_scope {
    explicit waiting_scope(bool& flag) : waits(flag) { waits = true; }
    ~waiting_scope() { waits = false; }
    waiting_scope(const waiting_scope&) = delete;
    waiting_scope& operator=(const waiting_scope&) = delete;
    bool& waits;
  };
  const auto began = clock::now();
  {
    const waiting_scope scope(writer_waits_);
    co_await lanes_.front()->wait_data();
  }
  const auto waited = clock::now() - began;
  plan_.client_waited(waited);
  if (plan_.delivered() > plan_.whole().begin && waited >= registry::noticeable_stall)
    file_.with.counters.count_stall(waited);
  grow();
}

void scheduler::delivered(std::size_t bytes) {
  auto& head = *lanes_.front();
  auto used = head.take(bytes);
  plan_.deliver(bytes);
  if (used && (file_.sources.size() > 1 || file_.find_another)) {
    last_used_ = std::move(used);
    last_used_end_ = head.taken();
  }
  if (head.drained()) {
    if (raced_ == &head) raced_ = nullptr;
    lanes_.pop_front();
    front_lane_changed();
  }
  if (idle_ == 0) return;
  const bool work_left = !returned_.empty() || plan_.next(parallelism_);
  if (work_left) work_.notify_all();
}

async::memory_budget::reservation scheduler::leave(lane& old) {
  for (auto* reader : readers_) {
    if (&reader->to == &old) reader->body.cancel();
  }
  if (raced_ == &old) raced_ = nullptr;
  return old.abandon();
}

/// Another lane for what the client has not had of it. False when there is no memory for it.
bool scheduler::replace(std::shared_ptr<lane>& old) {
  const bool is_front = old == lanes_.front();
  const byte_range rest{old->taken(), old->chunk().end};
  auto reserved = leave(*old);
  if (reserved.size() == 0) reserved = file_.with.buffers.try_reserve(whole_blocks(rest.size()));
  if (reserved.size() == 0 && !is_front) return false;
  auto fresh = std::make_shared<lane>(on_, file_.with.blocks, rest, std::move(reserved));
  if (old->broken()) {
    fresh->fail(*old->broken());  // no source could give it
  } else {
    returned_.push_back({.to = fresh, .tried = {}, .race = false});
  }
  old = std::move(fresh);
  return true;
}

void scheduler::drop_older(unsigned turn) {
  for (auto each = lanes_.begin(); each != lanes_.end(); ++each) {
    const bool older = (*each)->taken() < (*each)->filled() && (*each)->origin().turn < turn;
    if (!older) continue;
    const auto begin = (*each)->taken();
    const bool replaced = replace(*each);
    if (replaced) continue;
    // It is planned anew when there is memory again, and what lies behind it, too.
    for (auto behind = std::next(each); behind != lanes_.end(); ++behind)
      leave(**behind);
    lanes_.erase(each, lanes_.end());
    plan_.rewind(begin);
    break;
  }
  front_lane_changed();
  work_.notify_all();
  grow();
}

void scheduler::front_lane_changed() {
  head_since_ = clock::now();
  head_filled_then_ = lanes_.empty() ? 0 : lanes_.front()->filled();
}

void scheduler::grow() {
  if (!failed_at_) plan_cached();
  if (idle_ > 0) work_.notify_all();
  while (fetchers_ < plan_.useful_fetchers(parallelism_)) {
    auto first = try_next();
    if (!first) return;
    launch(std::move(*first));
  }
}

void scheduler::launch(job first) {
  ++fetchers_;
  start_fetcher(std::move(first));
}

bool scheduler::could_race() const noexcept {
  const bool one_to_spare = may_race() && (idle_ > 0 || fetchers_ < parallelism_);
  return writer_waits_ && one_to_spare && !lanes_.empty() && raced_ != lanes_.front().get();
}

void scheduler::race_if_late() {
  if (!could_race()) return;
  const auto& head = lanes_.front();
  const std::chrono::duration<double> elapsed = clock::now() - head_since_;
  if (head->complete() || rate_ == 0 || elapsed < shortest_lateness) return;
  const auto missing = static_cast<double>(head->chunk().end - head->filled());
  const auto gained = static_cast<double>(head->filled() - head_filled_then_);
  const auto fresh = shortest_lateness + std::chrono::duration<double>(missing / rate_);
  // elapsed / gained is the time that a byte takes now.
  if (elapsed * missing <= worth_a_race * fresh * gained) return;
  raced_ = head.get();
  job second{.to = head, .tried = {}, .race = true};
  if (idle_ > 0) {
    returned_.push_front(std::move(second));
    work_.notify_all();
  } else {
    launch(std::move(second));
  }
}

void scheduler::park() {
  fetchers_ = idle_ = 0;
  working_ = 0;
  failed_at_.reset();
  returned_.clear();
  raced_ = nullptr;
  while (lanes_.size() > 1)
    lanes_.pop_back();
  last_used_ = {};
  if (lanes_.empty()) return;
  lanes_.front()->keep_front_block();
  plan_.rewind(lanes_.front()->filled());
  if (lanes_.front()->drained()) lanes_.pop_front();
}

upstream::byte_sample scheduler::recent_bytes(std::size_t limit) const {
  std::span<const std::byte> best;
  byte_offset begin = 0;
  if (last_used_) {
    best = last_used_.bytes();
    begin = last_used_end_ - best.size();
  }
  for (const auto& each : lanes_) {
    byte_offset at = 0;
    const auto bytes = each->recent(at);
    if (bytes.size() <= best.size()) continue;
    best = bytes;
    begin = at;
  }
  if (best.size() > limit) {
    begin += best.size() - limit;
    best = best.last(limit);
  }
  return {begin, {best.begin(), best.end()}};
}

}  // namespace millrace::transfer
