#include "server/watchdog.hpp"

namespace millrace::server {

struct watchdog::state {
  state(const async::executor& on, async::transport& what) : timer(on), watched(&what) {}

  boost::asio::steady_timer timer;
  async::transport* watched;  ///< null when the watchdog is gone
  clock::time_point deadline = clock::time_point::max();
  clock::time_point wake = clock::time_point::max();  ///< when the timer fires; max: it is not running
  bool expired = false;
};

watchdog::watchdog(const async::executor& on, async::transport& watched)
    : state_(std::make_shared<state>(on, watched)) {}

watchdog::~watchdog() {
  state_->watched = nullptr;
  state_->timer.cancel();
}

void watchdog::set(clock::duration limit) {
  state_->expired = false;
  state_->deadline = clock::now() + limit;
  if (state_->deadline < state_->wake) schedule(state_, state_->deadline);
}

void watchdog::clear() noexcept {
  state_->expired = false;
  state_->deadline = clock::time_point::max();
}

bool watchdog::expired() const noexcept {
  return state_->expired;
}

void watchdog::schedule(const std::shared_ptr<state>& self, clock::time_point when) {
  self->wake = when;
  self->timer.expires_at(when);
  self->timer.async_wait([self](const error_code& ec) {
    if (ec || !self->watched) return;
    self->wake = clock::time_point::max();
    if (self->deadline == clock::time_point::max()) return;
    if (clock::now() < self->deadline) {
      schedule(self, self->deadline);
      return;
    }
    self->deadline = clock::time_point::max();
    self->expired = true;
    self->watched->cancel();
  });
}

}  // namespace millrace::server
