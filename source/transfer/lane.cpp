#include "transfer/lane.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace millrace::transfer {

lane::lane(const async::executor& on, async::block_pool& blocks, byte_range chunk,
           async::memory_budget::reservation reserved)
    : blocks_(blocks),
      chunk_(chunk),
      reserved_(std::move(reserved)),
      one_block_(reserved_.size() == 0),
      filled_(chunk.begin),
      taken_(chunk.begin),
      data_ready_(on),
      room_ready_(on) {}

lane::lane(const async::executor& on, async::block_pool& blocks, byte_range chunk,
           std::vector<upstream::page_ptr> pages, byte_origin origin)
    : lane(on, blocks, chunk, async::memory_budget::reservation()) {
  from_cache_ = true;
  for (auto& page : pages) {
    const auto range = page->range();
    const auto begin = filled_ - range.begin;
    const auto end = std::min(range.end, chunk.end) - range.begin;
    pieces_.push_back({.memory = {},
                       .begin = static_cast<std::size_t>(begin),
                       .end = static_cast<std::size_t>(end),
                       .page = std::move(page),
                       .origin = origin});
    filled_ += end - begin;
  }
  assert(complete());
}

std::span<std::byte> lane::room(std::size_t preferred_block, byte_origin origin) {
  const auto missing = chunk_.end - filled_;
  if (missing == 0) return {};
  if (!pieces_.empty() && pieces_.back().origin != origin) close_last_piece();
  if (pieces_.empty() || pieces_.back().closed || pieces_.back().end == pieces_.back().memory.size()) {
    if (one_block_ && !pieces_.empty()) return {};
    const bool large = preferred_block > async::small_block && missing >= async::large_block && !one_block_;
    pieces_.push_back(
        {.memory = blocks_.take(large ? async::large_block : async::small_block), .origin = origin});
  }
  auto& last = pieces_.back();
  const auto free = last.memory.bytes().subspan(last.end);
  return free.first(static_cast<std::size_t>(std::min<byte_offset>(free.size(), missing)));
}

/// Nothing is added to a block of another origin; one whose bytes have all been taken goes.
void lane::close_last_piece() {
  auto& last = pieces_.back();
  last.closed = true;
  if (last.begin < last.end) return;
  reserved_.release(last.memory.size());
  pieces_.pop_back();
}

void lane::commit(std::size_t bytes) {
  if (bytes == 0) return;
  pieces_.back().end += bytes;
  filled_ += bytes;
  assert(filled_ <= chunk_.end);
  data_ready_.notify();
}

async::awaitable<void> lane::wait_room() {
  return room_ready_.wait();
}

async::memory_budget::reservation lane::abandon() {
  chunk_.end = filled_;
  room_ready_.notify_all();
  return std::exchange(reserved_, {});
}

void lane::fail(failure cause) {
  if (!failure_) failure_ = std::move(cause);
  data_ready_.notify();
}

std::span<const std::byte> lane::data() const {
  if (pieces_.empty()) return {};
  const auto& first = pieces_.front();
  return first.bytes().subspan(first.begin, first.end - first.begin);
}

used_block lane::take(std::size_t bytes) {
  auto& first = pieces_.front();
  first.begin += bytes;
  taken_ += bytes;
  const bool ends_early = first.page || first.closed;
  const bool used_up = first.begin == (ends_early ? first.end : first.memory.size()) || drained();
  if (!used_up) return {};
  reserved_.release(first.memory.size());
  used_block used{std::move(first.memory), std::move(first.page), first.end};
  pieces_.pop_front();
  room_ready_.notify_all();
  return used;
}

async::awaitable<void> lane::wait_data() {
  return data_ready_.wait();
}

void lane::keep_front_block() {
  while (pieces_.size() > 1)
    pieces_.pop_back();
  // Nothing more comes: neither the rest's share of the budget nor its failure belongs here any longer.
  const byte_offset kept = pieces_.empty() ? 0 : pieces_.front().memory.size();
  reserved_.release(reserved_.size() - std::min<byte_offset>(reserved_.size(), kept));
  failure_.reset();
  filled_ = taken_ + data().size();
  chunk_.end = filled_;
}

std::span<const std::byte> lane::recent(byte_offset& begin) const {
  if (pieces_.empty()) return {};
  const auto& first = pieces_.front();
  begin = taken_ - first.begin;
  return first.bytes().first(first.end);
}

}  // namespace millrace::transfer
