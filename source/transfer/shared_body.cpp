#include "transfer/shared_body.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>

namespace millrace::transfer {

namespace {

constexpr std::size_t smallest_block = 16 * 1024;

}  // namespace

shared_body::shared_body(async::memory_budget::reservation reserved) {
  extend(std::move(reserved));
}

shared_body::~shared_body() = default;

std::unique_ptr<reading> shared_body::open(std::shared_ptr<shared_body> from, const async::executor& here) {
  return std::make_unique<reading>(std::move(from), here);
}

bool shared_body::ended() const {
  const std::scoped_lock lock(mutex_);
  return ended_;
}

bool shared_body::broken() const {
  const std::scoped_lock lock(mutex_);
  return cause_.has_value();
}

std::optional<failure> shared_body::cause() const {
  const std::scoped_lock lock(mutex_);
  return cause_;
}

std::size_t shared_body::readers() const {
  const std::scoped_lock lock(mutex_);
  return readings_.size();
}

void shared_body::extend(async::memory_budget::reservation more) {
  if (more.size() == 0) return;
  reserved_bytes_ += more.size();
  reservations_.push_back(std::move(more));
}

/// Where the next bytes go. Only the filler changes the list, so it may look at it without the lock.
std::span<std::byte> shared_body::room() {
  const auto filled = size();
  if (filled == capacity_) {
    // As large as what is still reserved, or, where that is unknown, as what there is.
    const auto wanted = reserved_bytes_ > capacity_ ? reserved_bytes_ - capacity_
                                                    : std::max<std::uint64_t>(capacity_, smallest_block);
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, async::large_block));
    block next{capacity_, size, std::make_unique_for_overwrite<std::byte[]>(size)};
    const std::scoped_lock lock(mutex_);
    blocks_.push_back(std::move(next));
    capacity_ += size;
  }
  auto& last = blocks_.back();
  return std::span(last.bytes.get(), last.size).subspan(static_cast<std::size_t>(filled - last.begin));
}

void shared_body::append(std::span<const std::byte> bytes) {
  while (!bytes.empty() && !ended()) {
    const auto to = room();
    const auto count = std::min(to.size(), bytes.size());
    std::memcpy(to.data(), bytes.data(), count);
    bytes = bytes.subspan(count);
    publish(count);
  }
}

void shared_body::publish(std::size_t bytes) {
  std::vector<wake_up> woken;
  {
    const std::scoped_lock lock(mutex_);
    if (ended_) return;
    size_.fetch_add(bytes, std::memory_order_release);
    woken = due();
  }
  wake(std::move(woken));
}

/// Those who wait no longer. The lock is held.
std::vector<shared_body::wake_up> shared_body::due() {
  std::vector<wake_up> woken;
  const auto filled = size();
  for (auto* each : readings_) {
    if (!each->waits_at_ || (filled <= *each->waits_at_ && !ended_)) continue;
    each->waits_at_.reset();
    woken.push_back({each->here_, each->told_});
  }
  return woken;
}

/// Without the lock. A reader that has left meanwhile is not there any more.
void shared_body::wake(std::vector<wake_up> these) {
  for (auto& each : these) {
    async::asio::post(each.on, [told = std::move(each.told)] {
      if (const auto waits = told.lock()) waits->notify();
    });
  }
}

void shared_body::end(std::optional<failure> cause) {
  std::vector<wake_up> woken;
  {
    const std::scoped_lock lock(mutex_);
    if (ended_) return;
    ended_ = true;
    cause_ = std::move(cause);
    woken = due();
  }
  wake(std::move(woken));
  while (reserved_bytes_ > capacity_ && !reservations_.empty()) {
    const auto unused = std::min(reserved_bytes_ - capacity_, reservations_.back().size());
    reservations_.back().release(unused);
    reserved_bytes_ -= unused;
    if (reservations_.back().size() == 0) reservations_.pop_back();
  }
}

bool shared_body::end_if_unread(const failure& cause) {
  {
    const std::scoped_lock lock(mutex_);
    if (ended_) return true;
    if (!readings_.empty()) return false;
    ended_ = true;
    cause_ = cause;
  }
  return true;
}

void shared_body::on_unread(const async::executor& home, std::function<void()> handler) {
  unread_watch given{home, handler ? std::make_shared<std::function<void()>>(std::move(handler)) : nullptr};
  std::unique_lock lock(mutex_);
  std::swap(unread_, given);
  if (was_read_) tell_unread(std::move(lock));
}

/// Nothing where it has readers, or has ended. A handler belongs to its loop: elsewhere nobody may hold it,
/// not even for a moment, or it could be called after it was taken back.
void shared_body::tell_unread(std::unique_lock<std::mutex> lock) {
  if (!readings_.empty() || ended_ || !unread_.handler) return;
  const auto home = unread_.home;
  std::weak_ptr handler = unread_.handler;
  lock.unlock();
  async::asio::post(home, [handler = std::move(handler)] {
    if (const auto told = handler.lock()) (*told)();
  });
}

std::span<const std::byte> shared_body::at(byte_offset position) const {
  const std::scoped_lock lock(mutex_);
  const auto filled = size();
  if (position >= filled) return {};
  const auto behind =
      std::upper_bound(blocks_.begin(), blocks_.end(), position,
                       [](byte_offset wanted, const block& each) { return wanted < each.begin; });
  const auto& in = *std::prev(behind);
  const auto end = std::min<byte_offset>(filled, in.begin + in.size);
  return {in.bytes.get() + (position - in.begin), static_cast<std::size_t>(end - position)};
}

/// False when there is nothing to wait for.
bool shared_body::watch(reading& who, byte_offset position) {
  const std::scoped_lock lock(mutex_);
  if (ended_ || size() > position) return false;
  who.waits_at_ = position;
  return true;
}

void shared_body::enter(reading& who) {
  const std::scoped_lock lock(mutex_);
  readings_.push_back(&who);
  was_read_ = true;
}

void shared_body::leave(reading& who) {
  std::unique_lock lock(mutex_);
  std::erase(readings_, &who);
  tell_unread(std::move(lock));
}

reading::reading(std::shared_ptr<shared_body> from, const async::executor& here)
    : body_(std::move(from)), here_(here), told_(std::make_shared<async::event>(here)) {
  body_->enter(*this);
}

reading::~reading() {
  body_->leave(*this);
}

async::awaitable<void> reading::wait_beyond(byte_offset position) {
  while (body_->watch(*this, position))
    co_await told_->wait();
}

}  // namespace millrace::transfer
