#include "live/air.hpp"

#include <algorithm>

namespace millrace::live {

namespace {

/// With each client the packets are gathered a little longer: a wake-up and a system call for each of them is
/// what a broadcast costs.
constexpr std::chrono::microseconds gather_per_client{100};
constexpr std::chrono::milliseconds shortest_gather{1};

air::clock::time_point next_deadline(const air& on) {
  constexpr auto never = air::clock::time_point::max();
  return std::min(on.joint.settle_at().value_or(never), on.publish_at.value_or(never));
}

}  // namespace

std::size_t source_set::index_of(const url& source) const noexcept {
  const auto& all = definition->sources;
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), source) - all.begin());
}

air::air(studio from, broadcast& what, const async::executor& on, upstream::request_profile asked)
    : in(from),
      show(what),
      home(on),
      profile(std::move(asked)),
      joint({.search_time = what.config().seam_search}),
      done(on),
      alarm(on) {}

std::shared_ptr<source_set> air::sources() {
  auto now = show.stream()->definition();
  if (!sources_ || sources_->definition != now) {
    upstream::remote_file file(in.with, home, profile, now->sources, show.stream());
    sources_ = std::make_shared<source_set>(source_set{std::move(now), std::move(file)});
  }
  return sources_;
}

void publish(air& on) {
  on.publish_at.reset();
  if (on.gathered.size() == 0) return;
  on.show.publish(on.gathered.take());
}

void gather(air& on) {
  if (on.out.empty()) return;
  const auto now = air::clock::now();
  on.last_byte = now;
  if (on.gap_since) on.in.with.counters.failover_gap.observe(now - *on.gap_since);
  on.gap_since.reset();
  on.gathered.append(on.out);
  on.published_of_connection += on.out.size();
  on.out.clear();
  const auto& config = on.show.config();
  const auto wish = gather_per_client * on.show.viewers();
  const auto time = std::min<air::clock::duration>(wish, config.gather);
  if (time < shortest_gather || on.gathered.size() >= config.piece) {
    publish(on);
  } else if (!on.publish_at) {
    on.publish_at = now + time;
    on.alarm.cancel();
  }
}

async::awaitable<void> keep_time(air& on) {
  for (;;) {
    on.alarm.expires_at(next_deadline(on));
    co_await on.alarm.async_wait(async::as_result);
    const auto now = air::clock::now();
    const auto settle = on.joint.settle_at();
    if (settle && now >= *settle) {
      on.joint.settle(now, on.out);
      gather(on);
    }
    if (on.publish_at && now >= *on.publish_at) publish(on);
  }
}

}  // namespace millrace::live
