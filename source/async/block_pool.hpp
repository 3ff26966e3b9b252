#pragma once
// The memory of the byte path: blocks of two sizes, kept for reuse, and the budget that bounds them.

#include "core/error.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace millrace::async {

inline constexpr std::size_t small_block = 64 * 1024;   ///< for slow origins, and the unit of accounting
inline constexpr std::size_t large_block = 256 * 1024;  ///< for fast ones: fewer system calls per byte

class block_pool;

/// A fixed piece of memory; leaving the scope gives it back to its pool, which must outlive it.
class block {
 public:
  block() noexcept = default;
  block(block&& other) noexcept;
  block& operator=(block&& other) noexcept;
  ~block();

  explicit operator bool() const noexcept { return data_ != nullptr; }
  std::span<std::byte> bytes() noexcept { return {data_, size_}; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  std::size_t size() const noexcept { return size_; }

 private:
  friend class block_pool;
  block(block_pool& pool, std::byte* data, std::size_t size) noexcept
      : pool_(&pool), data_(data), size_(size) {}

  block_pool* pool_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// One per event loop; not thread-safe. Keeps at most `spare_limit` bytes of free blocks.
class block_pool {
 public:
  explicit block_pool(std::size_t spare_limit = 16 * 1024 * 1024) : spare_limit_(spare_limit) {}
  ~block_pool();
  block_pool(const block_pool&) = delete;
  block_pool& operator=(const block_pool&) = delete;

  /// `size` is small_block or large_block.
  block take(std::size_t size);
  /// Bytes in blocks that are out.
  std::size_t in_use() const noexcept { return in_use_; }

 private:
  friend class block;
  void give_back(std::byte* data, std::size_t size) noexcept;
  std::vector<std::byte*>& spare_of(std::size_t size) noexcept { return spare_[size == large_block ? 1 : 0]; }

  std::array<std::vector<std::byte*>, 2> spare_;
  std::size_t spare_limit_, spare_bytes_ = 0, in_use_ = 0;
};

/// --max-memory: what all buffers of the process may take together. Thread-safe, one atomic operation per
/// chunk.
class memory_budget {
 public:
  explicit memory_budget(std::uint64_t limit) noexcept : limit_(limit) {}

  /// A share of the budget; leaving the scope gives back what release() has not yet.
  class reservation {
   public:
    reservation() noexcept = default;
    reservation(reservation&& other) noexcept;
    reservation& operator=(reservation&& other) noexcept;
    ~reservation();

    std::uint64_t size() const noexcept { return size_; }
    /// Gives back a part, at most what is left.
    void release(std::uint64_t bytes) noexcept;

   private:
    friend class memory_budget;
    reservation(memory_budget& budget, std::uint64_t size) noexcept : budget_(&budget), size_(size) {}

    memory_budget* budget_ = nullptr;
    std::uint64_t size_ = 0;
  };

  /// An empty reservation when that much is not left.
  reservation try_reserve(std::uint64_t bytes) noexcept;
  /// Who gives up memory that others need more (a cache): called on any thread with the bytes that were not
  /// left, which are tried for once more then. To be set before the first reservation.
  void set_reclaim(std::function<void(std::uint64_t)> reclaim) { reclaim_ = std::move(reclaim); }
  std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const noexcept { return limit_; }

 private:
  bool take(std::uint64_t bytes) noexcept;

  std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
  std::function<void(std::uint64_t)> reclaim_;
};

}  // namespace millrace::async
