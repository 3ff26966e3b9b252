#include "server/admission.hpp"

namespace millrace::server {

using boost::asio::ip::address;

admission::share::share(share&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), of_(other.of_) {}

admission::share::~share() {
  if (owner_) owner_->give_back(of_);
}

admission::place::place(place&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      address_(other.address_),
      part_(std::move(other.part_)),
      sessions_(std::exchange(other.sessions_, nullptr)) {}

admission::place::~place() {
  // Whoever waits for the last place finds nothing left of it.
  part_.reset();
  if (sessions_) sessions_->fetch_sub(1, std::memory_order_relaxed);
  if (owner_) owner_->leave();
}

void admission::place::assign_to(std::atomic<std::size_t>& sessions) noexcept {
  sessions_ = &sessions;
  sessions.fetch_add(1, std::memory_order_relaxed);
}

std::optional<admission::place> admission::admit(const address& of, bool many_clients) {
  if (open_.load() >= limit_) {
    counters_.count_limit(registry::limit::clients);
    return std::nullopt;
  }
  const bool counted = limits_addresses() && !many_clients;
  auto part = counted ? admit_request(of) : std::nullopt;
  if (counted && !part) return std::nullopt;
  open_.fetch_add(1);
  return place(*this, of, std::move(part));
}

std::optional<admission::share> admission::admit_request(const address& client) {
  const std::lock_guard lock(mutex_);
  const auto found = addresses_.find(client);
  if (found != addresses_.end() && found->second >= per_address_) {
    counters_.count_limit(registry::limit::clients_per_address);
    return std::nullopt;
  }
  ++addresses_[client];
  return share(*this, client);
}

void admission::leave() noexcept {
  if (open_.fetch_sub(1) == 1 && on_empty_) on_empty_();
}

void admission::give_back(const address& of) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = addresses_.find(of);
  if (--found->second == 0) addresses_.erase(found);
}

}  // namespace millrace::server
