#pragma once
// The hand-over of one chunk: fetchers append bytes, the writer takes them in order while more arrive.
//
// A fetcher asks for room only when its socket is readable and fills it at once, without suspending between.
// So several fetchers may race for the same chunk: whoever has the next byte first appends it. Bytes that are
// in the cache need no fetcher: the lane shares the cache's pages.

#include "async/block_pool.hpp"
#include "async/broadcast.hpp"
#include "async/event.hpp"
#include "core/byte_range.hpp"
#include "core/error.hpp"
#include "upstream/block_cache.hpp"

#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace millrace::transfer {

/// Where bytes come from. Bytes of another source than those before begin the next turn.
struct byte_origin {
  std::size_t source = 0;  ///< index in remote_file::sources
  unsigned turn = 0;

  friend bool operator==(const byte_origin&, const byte_origin&) = default;
};

/// A block, or a page of the cache, whose bytes have all been taken.
struct used_block {
  async::block memory;
  upstream::page_ptr page;  ///< instead of a block
  std::size_t length = 0;   ///< bytes that were in it

  explicit operator bool() const noexcept { return length > 0; }
  std::span<const std::byte> bytes() const noexcept {
    return (page ? page->bytes() : memory.bytes()).first(length);
  }
};

/// Lives on one event loop, in the delivery that planned the chunk.
class lane {
 public:
  /// `reserved` is this chunk's share of the memory budget. Without one (memory is short) the lane holds a
  /// single block at a time, and fetchers wait for the writer.
  lane(const async::executor& on, async::block_pool& blocks, byte_range chunk,
       async::memory_budget::reservation reserved);

  /// A lane that is complete from the beginning: the pages hold the whole chunk.
  lane(const async::executor& on, async::block_pool& blocks, byte_range chunk,
       std::vector<upstream::page_ptr> pages, byte_origin origin = {});

  const byte_range& chunk() const noexcept { return chunk_; }
  bool from_cache() const noexcept { return from_cache_; }
  /// The next byte that is missing: where a new attempt resumes.
  byte_offset filled() const noexcept { return filled_; }
  /// The next byte that the writer takes.
  byte_offset taken() const noexcept { return taken_; }
  bool complete() const noexcept { return filled_ == chunk_.end; }
  bool drained() const noexcept { return taken_ == chunk_.end; }

  // Fetchers' side.

  /// Where the next bytes go, which come from there: at most up to the chunk's end. Empty when the writer
  /// must take some first.
  std::span<std::byte> room(std::size_t preferred_block, byte_origin origin = {});
  /// So many bytes were put into room().
  void commit(std::size_t bytes);
  /// Until room() may be larger.
  async::awaitable<void> wait_room();
  /// In band: the writer meets it behind the last byte.
  void fail(failure cause);
  /// Another lane takes its place: it ends with the bytes that are here, and fetchers leave it. The share of
  /// the memory budget comes back.
  async::memory_budget::reservation abandon();

  // Writer's side.

  /// The next bytes, as far as they lie together; empty when there are none yet.
  std::span<const std::byte> data() const;
  /// Of the bytes of data(), when there are any.
  byte_origin origin() const noexcept { return pieces_.front().origin; }
  /// Returns the block when the last of its bytes was taken.
  used_block take(std::size_t bytes);
  /// Until there is data, or a failure.
  async::awaitable<void> wait_data();
  const std::optional<failure>& broken() const noexcept { return failure_; }

  /// Gives up all but the block that data() lies in; the chunk ends with what is in it.
  void keep_front_block();
  /// The bytes of the first block that is here, taken or not, and the offset of the first of them.
  std::span<const std::byte> recent(byte_offset& begin) const;

 private:
  struct piece {
    async::block memory;
    std::size_t begin = 0;         ///< first byte not taken
    std::size_t end = 0;           ///< first byte not filled
    upstream::page_ptr page = {};  ///< instead of a block
    byte_origin origin = {};
    bool closed = false;  ///< what comes next is of another origin

    std::span<const std::byte> bytes() const noexcept { return page ? page->bytes() : memory.bytes(); }
  };

  void close_last_piece();

  async::block_pool& blocks_;
  byte_range chunk_;
  async::memory_budget::reservation reserved_;
  bool one_block_;
  bool from_cache_ = false;
  byte_offset filled_, taken_;
  std::deque<piece> pieces_;
  async::event data_ready_;
  async::broadcast room_ready_;  ///< two fetchers may race for this chunk
  std::optional<failure> failure_;
};

}  // namespace millrace::transfer
