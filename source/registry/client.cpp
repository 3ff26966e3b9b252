#include "registry/client.hpp"

namespace millrace::registry {

bool client::is_active(wall_clock::time_point now) const noexcept {
  if (running.load() > 0) return true;
  return stream_->kind() == stream_kind::hls && now - last_seen() < stream_->config().between_segments;
}

playback::playback(std::shared_ptr<stream> of, std::shared_ptr<client> by, statistics& totals,
                   playback_control control)
    : stream_(std::move(of)), client_(std::move(by)), totals_(totals), control_(std::move(control)) {
  if (stream_->running.fetch_add(1) == 0) ++totals_.active_streams;
  if (client_->running.fetch_add(1) == 0) ++totals_.active_clients;
  stream_->touch();
  client_->touch();
  const std::scoped_lock lock(stream_->mutex_);
  position_ = stream_->playing_.insert(stream_->playing_.end(), this);
}

playback::~playback() {
  {
    const std::scoped_lock lock(stream_->mutex_);
    stream_->playing_.erase(position_);
    if (stream_->record_ && run_) stream_->record_->add(delivered());
  }
  stream_->touch();
  client_->touch();
  client_->idle_since_ = stream::clock::now();
  if (client_->running.fetch_sub(1) == 1) --totals_.active_clients;
  if (stream_->running.fetch_sub(1) == 1) --totals_.active_streams;
}

void playback::begins(byte_offset first, std::optional<byte_offset> total) {
  const std::scoped_lock lock(stream_->mutex_);
  if (!stream_->record_) return;
  run_ = delivered_run{.bytes = {first, first}, .total = total};
  sent_.store(0, std::memory_order_relaxed);
  stream_->record_->played();
  if (total) stream_->record_->learn_total(*total);
}

delivered_run playback::delivered() const noexcept {
  return {.bytes = {run_->bytes.begin, run_->bytes.begin + sent_.load(std::memory_order_relaxed)},
          .total = run_->total};
}

void playback::add_bytes(std::uint64_t bytes) noexcept {
  const auto before = sent_.load(std::memory_order_relaxed);
  if (before == 0) stream_->failed_.store(false, std::memory_order_relaxed);
  sent_.store(before + bytes, std::memory_order_relaxed);
  client_->bytes_served.fetch_add(bytes, std::memory_order_relaxed);
  stream_->bytes_served.fetch_add(bytes, std::memory_order_relaxed);
  totals_.total_bytes_served.fetch_add(bytes, std::memory_order_relaxed);
}

void playback::add_segment() noexcept {
  client_->segments_served.fetch_add(1, std::memory_order_relaxed);
  stream_->segments_served.fetch_add(1, std::memory_order_relaxed);
  totals_.total_segments_served.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace millrace::registry
