#include "async/block_pool.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace millrace::async {

namespace {
constexpr std::align_val_t page{4096};
}

block::block(block&& other) noexcept
    : pool_(other.pool_), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

block& block::operator=(block&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

block::~block() {
  if (data_) pool_->give_back(data_, size_);
}

block_pool::~block_pool() {
  assert(in_use_ == 0);
  for (auto& spares : spare_) {
    for (auto* data : spares)
      ::operator delete(data, page);
  }
}

block block_pool::take(std::size_t size) {
  assert(size == small_block || size == large_block);
  auto& spares = spare_of(size);
  std::byte* data = nullptr;
  if (spares.empty()) {
    data = static_cast<std::byte*>(::operator new(size, page));
  } else {
    data = spares.back();
    spares.pop_back();
    spare_bytes_ -= size;
  }
  in_use_ += size;
  return {*this, data, size};
}

void block_pool::give_back(std::byte* data, std::size_t size) noexcept {
  in_use_ -= size;
  if (spare_bytes_ + size > spare_limit_) {
    ::operator delete(data, page);
    return;
  }
  spare_of(size).push_back(data);
  spare_bytes_ += size;
}

memory_budget::reservation::reservation(reservation&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), size_(std::exchange(other.size_, 0)) {}

memory_budget::reservation& memory_budget::reservation::operator=(reservation&& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(size_, other.size_);
  return *this;
}

memory_budget::reservation::~reservation() {
  release(size_);
}

void memory_budget::reservation::release(std::uint64_t bytes) noexcept {
  bytes = std::min(bytes, size_);
  if (bytes == 0) return;
  size_ -= bytes;
  budget_->used_.fetch_sub(bytes, std::memory_order_relaxed);
}

bool memory_budget::take(std::uint64_t bytes) noexcept {
  auto used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ || used > limit_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

memory_budget::reservation memory_budget::try_reserve(std::uint64_t bytes) noexcept {
  if (take(bytes)) return {*this, bytes};
  if (!reclaim_ || bytes > limit_) return {};
  reclaim_(bytes);
  return take(bytes) ? reservation{*this, bytes} : reservation();
}

}  // namespace millrace::async
