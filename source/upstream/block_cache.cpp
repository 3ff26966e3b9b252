#include "upstream/block_cache.hpp"

#include <cassert>
#include <cstring>
#include <iterator>
#include <utility>

namespace millrace::upstream {

/// Guarded by the cache's lock.
struct cache_entry {
  std::string key;
  std::shared_ptr<const stored_answer> answer;
  byte_runs runs = {};
  std::unordered_map<byte_offset, block_cache::page_list::iterator> pages = {};  ///< by their number
  std::size_t users = 0;
  bool listed = true;  ///< until another version takes its place: nothing is kept any more
};

namespace {

/// What a page costs beside its bytes.
constexpr std::uint64_t overhead = 512;

std::uint64_t cost(const cached_page& page) noexcept {
  return page.range().size() + overhead;
}

bool covers(byte_range outer, byte_range inner) noexcept {
  return outer.begin <= inner.begin && outer.end >= inner.end;
}

/// Overlapping ranges, or such that follow each other.
bool touch(byte_range a, byte_range b) noexcept {
  return a.begin <= b.end && b.begin <= a.end;
}

/// A change from one kind of validator to the other is a change, too: nothing says that it is none.
bool same_resource(const stored_answer& a, const stored_answer& b) {
  const auto first = a.version(), other = b.version();
  return a.total == b.total && http::is_strong(first.etag) == http::is_strong(other.etag) &&
         http::same_version(first, other);
}

}  // namespace

void cached_page::append(std::span<const std::byte> bytes) noexcept {
  assert(bytes.size() <= room());
  std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

http::validator stored_answer::version() const {
  return {std::string(head.fields.get("ETag")), std::string(head.fields.get("Last-Modified"))};
}

std::chrono::seconds stored_answer::since_received() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - received);
}

cached_file::cached_file(block_cache& in, std::shared_ptr<cache_entry> entry)
    : in_(&in), entry_(std::move(entry)), answer_(entry_->answer) {
  ++entry_->users;
}

cached_file& cached_file::operator=(cached_file&& other) noexcept {
  std::swap(in_, other.in_);
  std::swap(entry_, other.entry_);
  std::swap(answer_, other.answer_);
  return *this;
}

cached_file::~cached_file() {
  if (entry_) in_->release(*entry_);
}

bool cached_file::holds(byte_range range) const {
  if (!entry_) return false;
  const std::lock_guard lock(in_->mutex_);
  return entry_->runs.holds(range);
}

std::optional<byte_range> cached_file::next_run(byte_offset at) const {
  if (!entry_) return std::nullopt;
  const std::lock_guard lock(in_->mutex_);
  return entry_->runs.next(at);
}

std::vector<page_ptr> cached_file::pages(byte_range range) const {
  std::vector<page_ptr> found;
  if (!entry_) return found;
  found.reserve(static_cast<std::size_t>(range.size() / page_size + 2));
  const std::lock_guard lock(in_->mutex_);
  for (auto at = range.begin; at < range.end; at = found.back()->range().end) {
    auto page = in_->find_page(*entry_, at);
    if (!page) break;
    found.push_back(std::move(page));
  }
  return found;
}

std::shared_ptr<cached_page> cached_file::new_page(byte_offset begin, std::size_t capacity) const {
  return entry_ ? in_->new_page(begin, capacity) : nullptr;
}

void cached_file::keep(std::shared_ptr<cached_page> page) const {
  if (!entry_ || !page || page->range().empty()) return;
  page_ptr old;
  {
    const std::lock_guard lock(in_->mutex_);
    const auto found = entry_->pages.find(page->range().begin / page_size);
    if (found != entry_->pages.end()) old = found->second->second;
  }
  in_->put(*entry_, in_->merged(std::move(old), std::move(page)));
}

void cached_file::forget() const {
  if (!entry_) return;
  block_cache::page_list dropped;
  const std::lock_guard lock(in_->mutex_);
  in_->drop_all(*entry_, dropped);
  in_->unlist(*entry_);
}

block_cache::block_cache(std::uint64_t limit, async::memory_budget& memory, registry::statistics& counters)
    : limit_(limit), memory_(memory), counters_(counters) {}

block_cache::~block_cache() = default;

cached_file block_cache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return found == entries_.end() ? cached_file() : cached_file(*this, found->second);
}

cached_file block_cache::open(const std::string& key, stored_answer answer) {
  page_list dropped;  // freed when the lock is gone
  const std::lock_guard lock(mutex_);
  auto found = entries_.find(key);
  if (found != entries_.end()) {
    const auto entry = found->second;
    const bool still = answer.terms.may_store && same_resource(*entry->answer, answer);
    if (still) {
      entry->answer = std::make_shared<const stored_answer>(std::move(answer));
      return {*this, entry};
    }
    drop_all(*entry, dropped);
    unlist(*entry);
  }
  if (!answer.terms.may_store) return {};
  auto entry = std::make_shared<cache_entry>(
      cache_entry{.key = key, .answer = std::make_shared<const stored_answer>(std::move(answer))});
  entries_.emplace(key, entry);
  return {*this, std::move(entry)};
}

std::shared_ptr<cached_page> block_cache::new_page(byte_offset begin, std::size_t capacity) {
  auto reserved = memory_.try_reserve(capacity);
  if (reserved.size() == 0) return nullptr;
  return std::shared_ptr<cached_page>(new cached_page(begin, capacity, std::move(reserved)));
}

/// The same bytes in no more memory than they need.
page_ptr block_cache::exact(std::shared_ptr<cached_page> page) {
  if (page->room() == 0) return page;
  auto copy = new_page(page->range().begin, page->bytes().size());
  if (copy) copy->append(page->bytes());
  return copy;
}

/// One page of both where they touch, else the larger one.
page_ptr block_cache::merged(page_ptr old, std::shared_ptr<cached_page> added) {
  const auto fresh = added->range();
  if (!old || covers(fresh, old->range())) return exact(std::move(added));
  const auto before = old->range();
  if (covers(before, fresh)) return old;
  if (!touch(before, fresh)) return before.size() >= fresh.size() ? old : exact(std::move(added));
  const auto begin = std::min(before.begin, fresh.begin), end = std::max(before.end, fresh.end);
  auto both = new_page(begin, static_cast<std::size_t>(end - begin));
  if (!both) return old;
  const bool old_first = before.begin == begin;
  both->append(old_first ? old->bytes() : added->bytes());
  both->append((old_first ? added->bytes() : old->bytes()).last(both->room()));
  return both;
}

/// The page with that byte, which counts as used now.
page_ptr block_cache::find_page(const cache_entry& entry, byte_offset at) {
  const auto found = entry.pages.find(at / page_size);
  if (found == entry.pages.end()) return nullptr;
  const auto& page = found->second->second;
  if (page->range().begin > at || page->range().end <= at) return nullptr;
  pages_.splice(pages_.begin(), pages_, found->second);
  return page;
}

void block_cache::put(cache_entry& entry, page_ptr page) {
  if (!page || cost(*page) > limit_) return;
  page_list dropped;
  const std::lock_guard lock(mutex_);
  if (!entry.listed) return;
  const auto number = page->range().begin / page_size;
  const auto found = entry.pages.find(number);
  if (found != entry.pages.end()) {
    if (covers(found->second->second->range(), page->range())) {
      pages_.splice(pages_.begin(), pages_, found->second);
      return;
    }
    drop(found->second, dropped);
  }
  bytes_ += cost(*page);
  entry.runs.add(page->range());
  pages_.emplace_front(&entry, std::move(page));
  entry.pages.emplace(number, pages_.begin());
  const auto before = dropped.size();
  shrink_to(limit_, dropped);
  counters_.cache_evictions += dropped.size() - before;
  note_size();
}

void block_cache::drop(page_list::iterator page, page_list& dropped) {
  auto& [entry, bytes] = *page;
  bytes_ -= cost(*bytes);
  entry->runs.remove(bytes->range());
  entry->pages.erase(bytes->range().begin / page_size);
  dropped.splice(dropped.end(), pages_, page);
}

void block_cache::drop_all(cache_entry& entry, page_list& dropped) {
  while (!entry.pages.empty())
    drop(entry.pages.begin()->second, dropped);
  note_size();
}

/// Another version takes its place: whoever works on it finds nothing any more.
void block_cache::unlist(cache_entry& entry) {
  if (!std::exchange(entry.listed, false)) return;
  entries_.erase(entries_.find(entry.key));
}

/// An entry lives as long as it has pages or users.
void block_cache::release(cache_entry& entry) {
  const std::lock_guard lock(mutex_);
  if (--entry.users == 0 && entry.pages.empty()) unlist(entry);
}

void block_cache::shrink_to(std::uint64_t bytes, page_list& dropped) {
  while (bytes_ > bytes && !pages_.empty()) {
    const auto oldest = std::prev(pages_.end());
    auto& entry = *oldest->first;
    drop(oldest, dropped);
    if (entry.users == 0 && entry.pages.empty()) unlist(entry);
  }
}

void block_cache::evict(std::uint64_t bytes) noexcept {
  page_list dropped;
  const std::lock_guard lock(mutex_);
  shrink_to(bytes_ - std::min(bytes_, bytes), dropped);
  counters_.cache_evictions += dropped.size();
  note_size();
}

void block_cache::note_size() noexcept {
  counters_.cache_bytes.store(bytes_, std::memory_order_relaxed);
}

}  // namespace millrace::upstream
