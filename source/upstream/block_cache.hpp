#pragma once
// --cache: upstream bytes in memory, shared by all clients and event loops (RFC 9111). Least recently used
// pages go first. Holds bytes and what was said of them; whether they may be used is decided by whoever asks.

#include "async/block_pool.hpp"
#include "core/byte_runs.hpp"
#include "core/url.hpp"
#include "http/cache_control.hpp"
#include "http/conditional.hpp"
#include "registry/statistics.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::upstream {

/// Pages lie between two multiples of it.
inline constexpr byte_offset page_size = async::small_block;

/// Bytes of a file that lie together within one page. Filled by its maker, immutable once it is shared.
class cached_page {
 public:
  byte_range range() const noexcept { return {begin_, begin_ + size_}; }
  std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_}; }
  std::size_t room() const noexcept { return capacity_ - size_; }
  /// At most room() bytes, those that follow.
  void append(std::span<const std::byte> bytes) noexcept;

 private:
  friend class block_cache;
  cached_page(byte_offset begin, std::size_t capacity, async::memory_budget::reservation reserved)
      : begin_(begin), capacity_(capacity), data_(new std::byte[capacity]), reserved_(std::move(reserved)) {}

  byte_offset begin_;
  std::size_t capacity_, size_ = 0;
  std::unique_ptr<std::byte[]> data_;
  async::memory_budget::reservation reserved_;
};

/// Whoever sends a page holds it, whatever the cache does meanwhile.
using page_ptr = std::shared_ptr<const cached_page>;

/// What the last answer said of the resource.
struct stored_answer {
  http::response_head head;  ///< the fields that describe the representation
  url location;              ///< that answered
  boost::asio::ip::tcp::endpoint peer;
  byte_offset total = 0;
  bool ranged = true;  ///< a 206
  http::cache_terms terms;
  std::chrono::steady_clock::time_point received = std::chrono::steady_clock::now();

  http::validator version() const;
  /// In whole seconds, now.
  std::chrono::seconds since_received() const;
};

class block_cache;
struct cache_entry;

/// One version of one resource in the cache, for as long as somebody works on it. Movable. Thread-safe; an
/// empty one holds nothing and keeps nothing. The cache must outlive it.
class cached_file {
 public:
  cached_file() noexcept = default;
  cached_file(cached_file&& other) noexcept = default;
  cached_file& operator=(cached_file&& other) noexcept;
  ~cached_file();

  explicit operator bool() const noexcept { return entry_ != nullptr; }
  /// As it was when this was opened.
  const stored_answer& answer() const noexcept { return *answer_; }
  bool holds(byte_range range) const;
  /// The cached bytes that `at` lies in, from `at` on, else the next ones behind it.
  std::optional<byte_range> next_run(byte_offset at) const;
  /// The pages that hold the bytes from the range's begin on, without a gap; the last may reach beyond its
  /// end. They count as used now.
  std::vector<page_ptr> pages(byte_range range) const;
  /// A page to fill that begins there; null when nothing is to be kept or memory is short.
  std::shared_ptr<cached_page> new_page(byte_offset begin, std::size_t capacity) const;
  /// Puts a filled page in, together with what is there of the same page already.
  void keep(std::shared_ptr<cached_page> page) const;
  /// The resource has changed: nothing of it is to be used again.
  void forget() const;

 private:
  friend class block_cache;
  cached_file(block_cache& in, std::shared_ptr<cache_entry> entry);

  block_cache* in_ = nullptr;
  std::shared_ptr<cache_entry> entry_;
  std::shared_ptr<const stored_answer> answer_;
};

/// Thread-safe; a lock per page, never per byte.
class block_cache {
 public:
  /// At most `limit` bytes; the pages are counted in `memory` as long as anybody holds them.
  block_cache(std::uint64_t limit, async::memory_budget& memory, registry::statistics& counters);
  ~block_cache();
  block_cache(const block_cache&) = delete;
  block_cache& operator=(const block_cache&) = delete;

  /// What is kept under that key.
  cached_file find(const std::string& key);
  /// What is kept under that key if it is the version of this answer, which replaces the one before; else all
  /// of it is dropped. An answer that may not be stored leaves nothing.
  cached_file open(const std::string& key, stored_answer answer);
  /// Gives up at least so many bytes, or all.
  void evict(std::uint64_t bytes) noexcept;

 private:
  friend class cached_file;
  using page_list = std::list<std::pair<cache_entry*, page_ptr>>;
  friend struct cache_entry;

  std::shared_ptr<cached_page> new_page(byte_offset begin, std::size_t capacity);
  page_ptr exact(std::shared_ptr<cached_page> page);
  page_ptr merged(page_ptr old, std::shared_ptr<cached_page> added);
  page_ptr find_page(const cache_entry& entry, byte_offset at);
  void put(cache_entry& entry, page_ptr page);
  void drop(page_list::iterator page, page_list& dropped);
  void drop_all(cache_entry& entry, page_list& dropped);
  void unlist(cache_entry& entry);
  void release(cache_entry& entry);
  void shrink_to(std::uint64_t bytes, page_list& dropped);
  void note_size() noexcept;

  const std::uint64_t limit_;
  async::memory_budget& memory_;
  registry::statistics& counters_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<cache_entry>> entries_;
  page_list pages_;  ///< most recently used first
  std::uint64_t bytes_ = 0;
};

}  // namespace millrace::upstream
