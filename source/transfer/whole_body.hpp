#pragma once
// The body of an upstream that does not answer ranges, read from its beginning to its end: a body of known
// length goes on behind a broken connection, at the byte that is missing. It comes from the cache where all
// of it is there.

#include "transfer/page_keeper.hpp"
#include "upstream/range_fetch.hpp"

#include <span>
#include <vector>

namespace millrace::transfer {

/// Lives on one event loop, in the frame of the response. `file` must outlive it.
class whole_body {
 public:
  /// `begun`: bytes that have been read from the first answer already. Without an answer the body is what
  /// `cached` says (see take_over()); an answer opens its own entry.
  whole_body(upstream::remote_file& file, std::optional<upstream::range_answer> first,
             std::vector<std::byte> begun, upstream::cached_file cached = {});
  ~whole_body();
  whole_body(const whole_body&) = delete;
  whole_body& operator=(const whole_body&) = delete;

  /// The next bytes; 0 at the end of the body. A broken connection of a body with a known length is replaced
  /// (retry and failover as for any file): the new answer must have the same length, and the same bytes
  /// where they were had before. The failure when nothing is left to try.
  async::awaitable<fetch_result<std::size_t>> read(std::span<std::byte> into);

  std::uint64_t fetched() const noexcept { return fetched_; }
  /// Bytes that came from the cache.
  std::uint64_t from_cache() const noexcept { return from_cache_; }

 private:
  async::awaitable<std::size_t> read_from(upstream::exchange& body, std::span<std::byte> into,
                                          error_code& ec);
  async::awaitable<fetch_result<void>> resume(failure cause);
  async::awaitable<fetch_result<void>> reopen();
  async::awaitable<fetch_result<void>> catch_up(upstream::range_answer& answer, byte_offset from);
  void keep(std::span<const std::byte> bytes);
  std::size_t read_cached(std::span<std::byte> into);
  async::awaitable<fetch_result<void>> replace_cached();
  void note_source();
  void remember(std::span<const std::byte> bytes);
  std::vector<std::byte> recent() const;

  upstream::remote_file& file_;
  upstream::cached_file cached_;
  std::size_t cached_source_;  ///< whose bytes it holds
  page_keeper keeper_{cached_};
  std::optional<upstream::range_answer> answer_;  ///< none: from the cache
  std::size_t version_source_;                    ///< whose version it is
  http::validator version_;
  std::optional<byte_offset> total_;
  std::vector<std::byte> begun_;
  std::vector<std::byte>
      ring_;                  ///< the last bytes, each at its offset modulo the size; of known lengths only
  byte_offset position_ = 0;  ///< of the next byte
  byte_offset attempt_began_ = 0;
  std::uint64_t fetched_ = 0, from_cache_ = 0;
  upstream::attempts tried_;
};

}  // namespace millrace::transfer
