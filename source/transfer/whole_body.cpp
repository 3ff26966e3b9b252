#include "transfer/whole_body.hpp"

#include "transfer/cache_use.hpp"

#include <algorithm>
#include <cstring>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

http::validator version_of(const upstream::range_answer& answer) {
  const auto& fields = answer.body.head().fields;
  return {std::string(fields.get("ETag")), std::string(fields.get("Last-Modified"))};
}

failure failed(error_code code, const upstream::range_answer& answer, const char* what) {
  return {.code = code, .detail = answer.location.host_header() + what};
}

}  // namespace

whole_body::whole_body(upstream::remote_file& file, std::optional<upstream::range_answer> first,
                       std::vector<std::byte> begun, upstream::cached_file cached)
    : file_(file),
      cached_(first ? confirm_cached(file, *first) : std::move(cached)),
      cached_source_(first ? first->source : file.order.current()),
      answer_(std::move(first)),
      version_source_(answer_ ? answer_->source : file.order.current()),
      version_(answer_ ? version_of(*answer_) : cached_.answer().version()),
      total_(answer_ ? answer_->total : cached_.answer().total),
      begun_(std::move(begun)) {
  if (answer_) note_source();
  if (total_ && cached_.holds({0, *total_})) {
    answer_.reset();
    begun_.clear();
  }
  if (total_) ring_.resize(file_.with.config.upstream.join_check);
  file_.on_moved = [this] {
    if (answer_ && total_) answer_->body.cancel();
  };
}

/// It is in use.
void whole_body::note_source() {
  if (file_.stream) file_.stream->source_answered(file_.sources[answer_->source].original);
}

whole_body::~whole_body() {
  file_.on_moved = nullptr;
  if (file_.cache && from_cache_ == 0) ++file_.with.counters.cache_misses;
}

/// 0 with an error, or at the end of the body.
async::awaitable<std::size_t> whole_body::read_from(upstream::exchange& body, std::span<std::byte> into,
                                                    error_code& ec) {
  for (;;) {
    ec = {};
    if (!body.ready()) ec = co_await body.wait_body();
    if (ec) co_return 0;
    const auto count = body.read_body(into, ec);
    fetched_ += count;
    if (count > 0) ec = {};
    if (count > 0) co_return count;
    if (ec == asio::error::eof) {
      ec = {};
      co_return 0;
    }
    if (ec && ec != asio::error::would_block) co_return 0;
  }
}

async::awaitable<fetch_result<std::size_t>> whole_body::read(std::span<std::byte> into) {
  if (!begun_.empty()) {
    const auto count = std::min(into.size(), begun_.size());
    std::memcpy(into.data(), begun_.data(), count);
    begun_.erase(begun_.begin(), begun_.begin() + static_cast<std::ptrdiff_t>(count));
    fetched_ += count;
    keep(into.first(count));
    remember(into.first(count));
    co_return count;
  }
  for (;;) {
    if (total_ && position_ == *total_) co_return std::size_t(0);
    if (!answer_) {
      const auto count = read_cached(into);
      if (count > 0) co_return count;
      auto replaced = co_await replace_cached();
      if (!replaced) co_return replaced.error();
    }
    error_code ec;
    const auto count = co_await read_from(answer_->body, into, ec);
    if (count > 0) {
      if (file_.received(answer_->source, count)) tried_.restore();
      keep(into.first(count));
      remember(into.first(count));
      co_return count;
    }
    if (!ec && !total_) co_return std::size_t(0);
    auto cause = failed(ec ? ec : error_code(errc::connection_lost), *answer_, " broke off its response");
    if (!total_) co_return cause;
    auto resumed = co_await resume(std::move(cause));
    if (!resumed) co_return resumed.error();
  }
}

/// 0 when the next bytes are not there any more.
/// What another source gives does not belong to the entry of the first one.
void whole_body::keep(std::span<const std::byte> bytes) {
  if (answer_ && answer_->source == cached_source_) keeper_.add(position_, bytes);
}

std::size_t whole_body::read_cached(std::span<std::byte> into) {
  const auto pages = cached_.pages({position_, position_ + 1});
  if (pages.empty()) return 0;
  const auto& page = *pages.front();
  const auto bytes = page.bytes().subspan(static_cast<std::size_t>(position_ - page.range().begin));
  const auto count = std::min(into.size(), bytes.size());
  std::memcpy(into.data(), bytes.data(), count);
  auto& counters = file_.with.counters;
  if (from_cache_ == 0) ++counters.cache_hits;
  counters.cache_hit_bytes.fetch_add(count, std::memory_order_relaxed);
  from_cache_ += count;
  remember(into.first(count));
  return count;
}

/// The rest comes from the upstream.
async::awaitable<fetch_result<void>> whole_body::replace_cached() {
  attempt_began_ = position_;
  auto opened = co_await reopen();
  if (opened) co_return opened;
  co_return co_await resume(opened.error());
}

void whole_body::remember(std::span<const std::byte> bytes) {
  position_ += bytes.size();
  if (ring_.empty()) return;
  auto at = position_ - bytes.size();
  if (bytes.size() > ring_.size()) {
    at += bytes.size() - ring_.size();
    bytes = bytes.last(ring_.size());
  }
  const auto begin = static_cast<std::size_t>(at % ring_.size());
  const auto first = std::min(bytes.size(), ring_.size() - begin);
  std::memcpy(ring_.data() + begin, bytes.data(), first);
  std::memcpy(ring_.data(), bytes.data() + first, bytes.size() - first);
}

/// The last bytes that were had.
std::vector<std::byte> whole_body::recent() const {
  const auto length = static_cast<std::size_t>(std::min<byte_offset>(position_, ring_.size()));
  std::vector<std::byte> bytes(length);
  for (std::size_t i = 0; i < length; ++i)
    bytes[i] = ring_[static_cast<std::size_t>((position_ - length + i) % ring_.size())];
  return bytes;
}

async::awaitable<fetch_result<void>> whole_body::resume(failure cause) {
  for (;;) {
    const auto source = answer_ ? answer_->source : file_.order.current();
    answer_.reset();
    auto recovered =
        co_await upstream::recover(file_, tried_, std::move(cause), source, position_ - attempt_began_);
    if (!recovered) {
      forget_changed(cached_, recovered.error());
      co_return recovered;
    }
    attempt_began_ = position_;
    auto reopened = co_await reopen();
    if (reopened) co_return reopened;
    cause = reopened.error();
  }
}

/// Asks for what is missing, and for the bytes before it to compare. Most such servers send all from the
/// beginning once more.
async::awaitable<fetch_result<void>> whole_body::reopen() {
  const auto overlap = std::min<byte_offset>(position_, ring_.size());
  const byte_range wanted{position_ - overlap, *total_};
  auto opened = co_await upstream::open_range(file_, wanted);
  if (!opened) co_return opened.error();
  const bool same_source = opened->source == version_source_;
  if (opened->total != total_)
    co_return failed(same_source ? errc::resource_changed : errc::source_differs, *opened,
                     " holds a resource of another size");
  if (same_source && !http::same_version(version_, version_of(*opened)))
    co_return failed(errc::resource_changed, *opened, " holds another version of the resource now");
  const auto from = opened->partial ? opened->range.begin : 0;
  auto caught_up = co_await catch_up(*opened, from);
  if (!caught_up) co_return caught_up;
  answer_.emplace(std::move(*opened));
  note_source();
  co_return fetch_result<void>();
}

/// Reads on to the missing byte; what was had before must be the same.
async::awaitable<fetch_result<void>> whole_body::catch_up(upstream::range_answer& answer, byte_offset from) {
  const auto known = recent();
  const auto known_from = position_ - known.size();
  std::vector<std::byte> scratch(async::small_block);
  while (from < position_) {
    const auto most = static_cast<std::size_t>(std::min<byte_offset>(scratch.size(), position_ - from));
    error_code ec;
    const auto count = co_await read_from(answer.body, std::span(scratch).first(most), ec);
    if (count == 0) co_return failed(ec ? ec : error_code(errc::connection_lost), answer, " broke off again");
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = from + i;
      if (at >= known_from && scratch[i] != known[static_cast<std::size_t>(at - known_from)])
        co_return failed(errc::source_differs, answer, " holds other bytes");
    }
    from += count;
  }
  co_return fetch_result<void>();
}

}  // namespace millrace::transfer
