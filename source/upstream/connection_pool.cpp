#include "upstream/connection_pool.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::upstream {

namespace {

/// False when the connection is of no use any more.
bool bring_home(async::transport& link, const async::executor& here) {
  try {
    link.move_to(here);
    return true;
  } catch (const boost::system::system_error&) {
    return false;
  }
}

}  // namespace

connection_pool::idle_list connection_pool::extract(position entry) {
  const auto bucket = by_origin_.find(entry->value.origin);
  std::erase(bucket->second, entry);
  if (bucket->second.empty()) by_origin_.erase(bucket);
  idle_list taken;
  taken.splice(taken.begin(), idle_, entry);
  return taken;
}

connection_pool::idle_list connection_pool::take_best(
    const std::string& origin, const async::executor& here,
    const std::optional<boost::asio::ip::tcp::endpoint>& pin) {
  const std::lock_guard lock(mutex_);
  const auto bucket = by_origin_.find(origin);
  if (bucket == by_origin_.end()) return {};
  std::optional<position> best;
  for (auto entry = bucket->second.rbegin(); entry != bucket->second.rend(); ++entry) {
    if (pin && (*entry)->value.link->remote() != *pin) continue;
    const bool is_near = (*entry)->home == here;
    if (is_near || !best) best = *entry;
    if (is_near) break;
  }
  return best ? extract(*best) : idle_list();
}

std::optional<connection> connection_pool::take_idle(const url& target, const async::executor& here,
                                                     std::optional<boost::asio::ip::tcp::endpoint> pin) {
  const auto origin = target.origin();
  while (true) {
    // Out of the list it is ours alone, so that looking at the socket needs no lock.
    auto taken = take_best(origin, here, pin);
    if (taken.empty()) return std::nullopt;
    auto& found = taken.front();
    if (clock::now() - found.since >= config_.pool_idle_timeout || !found.value.link->idle_and_open())
      continue;
    if (found.home != here && !bring_home(*found.value.link, here)) continue;
    return std::move(found.value);
  }
}

async::awaitable<fetch_result<connection>> connection_pool::open(
    const url& target, std::optional<boost::asio::ip::tcp::endpoint> pin) {
  const auto start = clock::now();
  auto link = co_await connect(via_, target, pin);
  if (!link) co_return link.error();
  connection made;
  made.link = std::move(*link);
  made.origin = target.origin();
  made.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - start);
  co_return made;
}

void connection_pool::put(connection idle, const async::executor& here) {
  // Bytes after the response mean that the peer and we disagree about where it ended.
  if (!idle.link || !idle.input.empty()) return;
  if (config_.pool_idle_per_origin == 0 || config_.pool_idle_total == 0) return;
  idle_list added, closed;
  added.push_back({std::move(idle), here, clock::now()});
  const std::lock_guard lock(mutex_);
  const auto bucket = by_origin_.find(added.front().value.origin);
  if (bucket != by_origin_.end() && bucket->second.size() >= config_.pool_idle_per_origin) {
    closed = extract(bucket->second.front());
  }
  if (idle_.size() >= config_.pool_idle_total) closed.splice(closed.end(), extract(std::prev(idle_.end())));
  by_origin_[added.front().value.origin].push_back(added.begin());
  idle_.splice(idle_.begin(), added);
}

void connection_pool::close_expired(clock::time_point now) {
  idle_list closed;
  const std::lock_guard lock(mutex_);
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    const auto current = entry++;
    const bool expired = now - current->since >= config_.pool_idle_timeout;
    if (expired || !current->value.link->idle_and_open()) closed.splice(closed.end(), extract(current));
  }
}

void connection_pool::close_all() {
  idle_list closed;
  const std::lock_guard lock(mutex_);
  closed.swap(idle_);
  by_origin_.clear();
}

std::size_t connection_pool::idle_count() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

}  // namespace millrace::upstream
