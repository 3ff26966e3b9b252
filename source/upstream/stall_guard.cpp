#include "upstream/stall_guard.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <utility>

namespace millrace::upstream {

namespace {

using clock = std::chrono::steady_clock;

clock::duration tick_of(std::chrono::milliseconds limit) {
  constexpr clock::duration longest = std::chrono::seconds(1), shortest = std::chrono::milliseconds(10);
  return std::clamp<clock::duration>(limit / 8, shortest, longest);
}

}  // namespace

/// Shared with the timer's handler, which may be on its way when the guard goes.
struct stall_guard::state : std::enable_shared_from_this<state> {
  state(const async::executor& on, async::transport& watched, speed_meter& speed,
        std::chrono::milliseconds longest)
      : timer(on), link(&watched), meter(&speed), limit(longest), tick(tick_of(longest)) {}

  void start() {
    if (std::exchange(running, true)) return;
    arm();
  }

  void arm() {
    timer.expires_after(tick);
    timer.async_wait([weak = weak_from_this()](error_code ec) {
      const auto self = weak.lock();
      if (self && !ec) self->look();
    });
  }

  void look() {
    const auto now = clock::now();
    if (waiting) {
      account(now);
      if (now - last_byte >= limit) verdict = errc::read_timeout;
      if (verdict) {
        link->cancel();
        return;
      }
    }
    arm();
  }

  void account(clock::time_point now) {
    const bool slow = meter->add(std::exchange(bytes, 0), in_body ? now - counted_until : clock::duration(0));
    counted_until = now;
    if (slow && in_body && !verdict) verdict = errc::low_speed;
  }

  void begin_wait() {
    start();
    waiting = true;
    last_byte = counted_until = clock::now();
  }

  error_code end_wait(error_code ec) {
    waiting = false;
    account(clock::now());
    return verdict ? verdict : ec;
  }

  async::asio::steady_timer timer;
  async::transport* link;
  speed_meter* meter;
  clock::duration limit, tick;
  clock::time_point last_byte, counted_until;
  std::uint64_t bytes = 0;
  bool running = false, waiting = false, in_body = false;
  error_code verdict;
};

stall_guard::stall_guard(const async::executor& on, async::transport& link, speed_meter& meter,
                         std::chrono::milliseconds limit)
    : state_(std::make_shared<state>(on, link, meter, limit)) {}
stall_guard::~stall_guard() {
  if (state_) state_->timer.cancel();
}
stall_guard::stall_guard(stall_guard&&) noexcept = default;
stall_guard& stall_guard::operator=(stall_guard&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

async::awaitable<error_code> stall_guard::wait_readable() {
  const auto watched = state_;
  if (watched->verdict) co_return watched->verdict;
  watched->begin_wait();
  const auto ec = co_await watched->link->wait_readable();
  co_return watched->end_wait(ec);
}

async::awaitable<error_code> stall_guard::wait_writable() {
  const auto watched = state_;
  if (watched->verdict) co_return watched->verdict;
  watched->begin_wait();
  const auto ec = co_await watched->link->wait_writable();
  co_return watched->end_wait(ec);
}

void stall_guard::limit_waits(std::chrono::milliseconds limit) noexcept {
  state_->limit = limit;
  state_->tick = tick_of(limit);
}

void stall_guard::received(std::size_t bytes) noexcept {
  state_->bytes += bytes;
  state_->in_body = true;
}

}  // namespace millrace::upstream
