#include "server/admission.hpp"

#include <utility>

namespace millrace::server {

admission::place::place(place&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      address_(other.address_),
      counted_(other.counted_),
      sessions_(std::exchange(other.sessions_, nullptr)) {}

admission::place::~place() {
  if (sessions_) sessions_->fetch_sub(1, std::memory_order_relaxed);
  if (owner_) owner_->leave(*this);
}

void admission::place::assign_to(std::atomic<std::size_t>& sessions) noexcept {
  sessions_ = &sessions;
  sessions.fetch_add(1, std::memory_order_relaxed);
}

std::optional<admission::place> admission::admit(const boost::asio::ip::address& address, bool many_clients) {
  if (open_.load() >= limit_) return std::nullopt;
  const bool counted = per_address_ > 0 && !many_clients;
  if (counted) {
    const std::lock_guard lock(mutex_);
    const auto found = addresses_.find(address);
    if (found != addresses_.end() && found->second >= per_address_) return std::nullopt;
    ++addresses_[address];
  }
  open_.fetch_add(1);
  return place(*this, address, counted);
}

void admission::leave(const place& what) noexcept {
  if (what.counted_) {
    const std::lock_guard lock(mutex_);
    const auto found = addresses_.find(what.address_);
    if (--found->second == 0) addresses_.erase(found);
  }
  if (open_.fetch_sub(1) == 1 && on_empty_) on_empty_();
}

}  // namespace millrace::server
