#include "registry/statistics.hpp"

#include <utility>

namespace millrace::registry {

statistics::media_response::media_response(statistics& owner) noexcept : owner_(&owner) {
  owner.running_.fetch_add(1, std::memory_order_relaxed);
}

statistics::media_response::media_response(media_response&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)) {}

statistics::media_response::~media_response() {
  if (owner_) owner_->running_.fetch_sub(1, std::memory_order_relaxed);
}

void statistics::media_response::add_bytes(std::uint64_t bytes) noexcept {
  owner_->bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

statistics::snapshot statistics::read(clock::time_point now) const noexcept {
  const auto running = running_.load(std::memory_order_relaxed);
  return {.active_streams = running,
          .active_clients = running,
          .total_bytes_served = bytes_.load(std::memory_order_relaxed),
          .uptime = std::chrono::duration_cast<std::chrono::seconds>(now - started_)};
}

}  // namespace millrace::registry
