#pragma once
// Makes pages of the cache from bytes that pass by in order.

#include "upstream/block_cache.hpp"

namespace millrace::transfer {

/// Lives beside the writer of one response. The file must outlive it.
class page_keeper {
 public:
  explicit page_keeper(const upstream::cached_file& into) noexcept : into_(into) {}
  ~page_keeper() { flush(); }
  page_keeper(const page_keeper&) = delete;
  page_keeper& operator=(const page_keeper&) = delete;

  /// Bytes from that offset on. What does not follow the bytes before begins another page.
  void add(byte_offset at, std::span<const std::byte> bytes);
  /// Puts what there is of a page into the cache.
  void flush();

 private:
  const upstream::cached_file& into_;
  std::shared_ptr<upstream::cached_page> page_;
};

}  // namespace millrace::transfer
