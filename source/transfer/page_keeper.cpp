#include "transfer/page_keeper.hpp"

#include <algorithm>

namespace millrace::transfer {

void page_keeper::add(byte_offset at, std::span<const std::byte> bytes) {
  if (!into_) return;
  if (page_ && page_->range().end != at) flush();
  while (!bytes.empty()) {
    const auto in_page = upstream::page_size - at % upstream::page_size;
    if (!page_) {
      const auto file_end = std::max(into_.answer().total, at + bytes.size());
      page_ = into_.new_page(at, static_cast<std::size_t>(std::min(in_page, file_end - at)));
    }
    const auto part = bytes.first(static_cast<std::size_t>(std::min<byte_offset>(in_page, bytes.size())));
    if (page_) page_->append(part);
    if (page_ && page_->room() == 0) flush();
    at += part.size();
    bytes = bytes.subspan(part.size());
  }
}

void page_keeper::flush() {
  if (page_) into_.keep(std::exchange(page_, nullptr));
}

}  // namespace millrace::transfer
