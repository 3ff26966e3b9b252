#include "transfer/chunk_plan.hpp"

#include "async/block_pool.hpp"

#include <algorithm>
#include <limits>

namespace millrace::transfer {

namespace {

constexpr byte_offset grain = async::small_block;
/// So much waiting of the client doubles the window.
constexpr chunk_plan::duration hungry = std::chrono::milliseconds(3);
constexpr chunk_plan::duration::rep doublings_at_once = 3;
/// So much waiting for the client halves it.
constexpr chunk_plan::duration sated = std::chrono::milliseconds(50);
/// A chunk that takes longer does not grow any more.
constexpr chunk_plan::duration long_chunk = std::chrono::milliseconds(250);

/// Bytes per second of one connection from which on more than a few connections bring nothing.
constexpr double fast_connection = 400e6;
constexpr unsigned fast_fetchers = 2;

constexpr byte_offset round_up(byte_offset bytes) {
  return (bytes + grain - 1) / grain * grain;
}
constexpr byte_offset round_down(byte_offset bytes) {
  return std::max(bytes / grain * grain, grain);
}

}  // namespace

chunk_plan::chunk_plan(byte_range whole, plan_limits limits)
    : whole_(whole),
      cursor_(whole.begin),
      delivered_(whole.begin),
      first_chunk_(round_down(limits.chunk_size / 4)),
      chunk_(first_chunk_),
      smallest_tail_(grain),
      window_(first_chunk_),
      window_limit_((limits.connections + 1ULL) * limits.chunk_size) {
  // Two chunks per connection fit into the window: one that comes in and one that has been asked for behind
  // it.
  largest_chunk_ = std::min<byte_offset>(round_down(window_limit_ / (2ULL * limits.connections)),
                                         round_down(limits.chunk_size));
  chunk_ = std::min(chunk_, largest_chunk_);
}

byte_range chunk_plan::first_chunk(byte_offset begin, std::optional<byte_offset> end,
                                   const plan_limits& limits) {
  const auto size = round_down(limits.chunk_size / 4);
  const auto last = begin > furthest - size ? furthest : begin + size;
  return {begin, std::min(last, end.value_or(furthest))};
}

byte_offset chunk_plan::tail_chunk(unsigned parallelism) const noexcept {
  const auto share = round_up((whole_.end - cursor_) / (2ULL * std::max(parallelism, 1U)));
  return std::max(share, smallest_tail_);
}

std::optional<byte_range> chunk_plan::next(unsigned parallelism, byte_offset before) const {
  if (all_planned() || before <= cursor_) return std::nullopt;
  const auto left = std::min(whole_.end, before) - cursor_;
  auto size = std::min({chunk_, left, parallelism > 1 ? tail_chunk(parallelism) : left});
  // Not a crumb at the end.
  if (left - size < grain && left <= largest_chunk_) size = left;
  const auto outstanding = cursor_ - delivered_;
  if (outstanding > 0 && outstanding + size > window_) return std::nullopt;
  return byte_range{cursor_, cursor_ + size};
}

void chunk_plan::client_waited(duration time) noexcept {
  slow_ = duration(0);
  waited_ += time;
  const auto doublings = std::min(waited_ / hungry, doublings_at_once);
  if (doublings == 0) return;
  waited_ = duration(0);
  window_ = std::min(window_ << doublings, window_limit_);
}

void chunk_plan::client_was_slow(duration time) noexcept {
  waited_ = duration(0);
  slow_ += time;
  if (slow_ < sated) return;
  slow_ = duration(0);
  window_ = std::max(window_ / 2, first_chunk_);
}

void chunk_plan::chunk_took(byte_offset bytes, duration time, duration round_trip) noexcept {
  if (time <= duration(0) || bytes == 0) return;
  if (time < long_chunk && bytes >= chunk_ / 2) chunk_ = std::min(chunk_ * 2, largest_chunk_);
  // A last chunk smaller than what comes in during a round trip would only cost waiting.
  const double seconds = std::chrono::duration<double>(time).count();
  const double rate = static_cast<double>(bytes) / seconds;
  // A burst or a full receive buffer must not pass for a fast connection: one slow chunk is enough to know.
  recent_rate_ = rate < recent_rate_ ? rate : recent_rate_ * 0.5 + rate * 0.5;
  const double per_trip = rate * std::chrono::duration<double>(round_trip).count();
  const auto wish = static_cast<byte_offset>(std::min(per_trip, static_cast<double>(largest_chunk_)));
  smallest_tail_ = std::clamp(round_up(wish), grain, largest_chunk_);
}

void chunk_plan::rewind(byte_offset to) noexcept {
  cursor_ = to;
  window_ = first_chunk_;
  waited_ = slow_ = duration(0);
}

unsigned chunk_plan::useful_fetchers(unsigned parallelism) const noexcept {
  const auto wanted = (window_ + chunk_ - 1) / chunk_;
  if (recent_rate_ >= fast_connection) parallelism = std::min(parallelism, fast_fetchers);
  return static_cast<unsigned>(std::clamp<byte_offset>(wanted, 1, std::max(parallelism, 1U)));
}

}  // namespace millrace::transfer
