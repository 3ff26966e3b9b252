#include "live/broadcast.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace millrace::live {

namespace {

/// Below this a client could not even be given a beginning.
constexpr std::size_t smallest_buffer = 512 * 1024;

/// Half as much as long as there is not enough; the smallest buffer is had in any case.
async::memory_budget::reservation reserve(async::memory_budget& memory, live_settings& config) {
  for (;;) {
    auto reserved = memory.try_reserve(config.buffer);
    if (reserved.size() > 0 || config.buffer <= smallest_buffer) return reserved;
    config.buffer = std::max(config.buffer / 2, smallest_buffer);
  }
}

}  // namespace

broadcast::broadcast(const async::executor& home, std::shared_ptr<registry::stream> what,
                     const live_settings& config, async::memory_budget& memory)
    : home_(home),
      stream_(std::move(what)),
      config_(config),
      reserved_(reserve(memory, config_)),
      attention_(home),
      ordered_(home),
      reader_(home) {}

seat::seat(std::shared_ptr<broadcast> in, std::shared_ptr<feed> from)
    : broadcast_(std::move(in)), feed_(std::move(from)) {
  broadcast_->enter(*this, feed_);
}

seat::~seat() {
  broadcast_->leave(*this, feed_);
}

void seat::advance(position to) {
  reached_ = to;
  broadcast_->wake_reader(to);
}

std::unique_ptr<seat> broadcast::join(const async::executor& here) {
  std::unique_lock lock(mutex_);
  if (over_) return nullptr;
  const auto known =
      std::find_if(feeds_.begin(), feeds_.end(), [&](const listener& each) { return each.to->on() == here; });
  auto joined = known == feeds_.end() ? nullptr : known->to;
  if (!joined) {
    joined = std::make_shared<feed>(here, config_.buffer);
    for (const auto& each : recent_)
      joined->take(each);
    feeds_.push_back({joined, {}});
  }
  // Counted at once: between here and the seat nobody may close the broadcast.
  viewers_.fetch_add(1, std::memory_order_relaxed);
  lock.unlock();
  return std::make_unique<seat>(shared_from_this(), std::move(joined));
}

void broadcast::enter(const seat& who, const std::shared_ptr<feed>& at) {
  const std::scoped_lock lock(mutex_);
  for (auto& each : feeds_) {
    if (each.to == at) each.seats.push_back(&who);
  }
}

void broadcast::leave(const seat& who, const std::shared_ptr<feed>& at) {
  const std::scoped_lock lock(mutex_);
  const auto found =
      std::find_if(feeds_.begin(), feeds_.end(), [&](const listener& each) { return each.to == at; });
  if (found != feeds_.end()) {
    std::erase(found->seats, &who);
    if (found->seats.empty()) feeds_.erase(found);
  }
  if (viewers_.fetch_sub(1, std::memory_order_relaxed) == 1) notify(&broadcast::attention_);
  wake_reader(unwatched);
}

void broadcast::wake_reader(position reached) {
  auto watched = watched_.load();
  if (watched == unwatched || reached <= watched) return;
  if (watched_.compare_exchange_strong(watched, unwatched)) notify(&broadcast::reader_);
}

/// The home loop may be another one; this object lives until the message has arrived.
void broadcast::notify(async::event broadcast::* what) {
  async::asio::post(home_, [self = shared_from_this(), what] { ((*self).*what).notify(); });
}

bool broadcast::order(move_order what) {
  const std::scoped_lock lock(mutex_);
  if (over_) return false;
  orders_.push_back(std::move(what));
  notify(&broadcast::ordered_);
  return true;
}

bool broadcast::over() const {
  const std::scoped_lock lock(mutex_);
  return over_;
}

std::optional<move_order> broadcast::take_order() {
  const std::scoped_lock lock(mutex_);
  if (orders_.empty()) return std::nullopt;
  auto next = std::move(orders_.front());
  orders_.erase(orders_.begin());
  return next;
}

std::vector<move_order> broadcast::take_orders(const url& source) {
  const std::scoped_lock lock(mutex_);
  const auto others = std::partition(orders_.begin(), orders_.end(),
                                     [&](const move_order& each) { return !(each.source == source); });
  std::vector<move_order> taken(std::make_move_iterator(others), std::make_move_iterator(orders_.end()));
  orders_.erase(others, orders_.end());
  return taken;
}

void broadcast::publish(const piece_ptr& next) {
  const std::scoped_lock lock(mutex_);
  published_ = next->end();
  recent_.push_back(next);
  while (recent_.size() > 1 && published_ - recent_[1]->begin.at >= config_.buffer)
    recent_.pop_front();
  for (const auto& each : feeds_)
    async::asio::post(each.to->on(), [to = each.to, next] { to->take(next); });
}

position broadcast::fastest() const {
  const std::scoped_lock lock(mutex_);
  position best = 0;
  bool any = false;
  for (const auto& each : feeds_) {
    for (const auto* one : each.seats) {
      best = std::max(best, one->reached());
      any = true;
    }
  }
  return any ? best : published_;
}

bool broadcast::close_if_empty() {
  const std::scoped_lock lock(mutex_);
  if (viewers() == 0) over_ = true;
  return over_;
}

void broadcast::finish(const ending& how) {
  std::vector<move_order> refused;
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
    refused = std::exchange(orders_, {});
    for (const auto& each : feeds_)
      async::asio::post(each.to->on(), [to = each.to, how] { to->finish(how); });
    recent_.clear();
  }
  for (const auto& each : refused)
    each.reply(failure{.code = errc::body_ended, .detail = "the broadcast has just ended"});
}

}  // namespace millrace::live
