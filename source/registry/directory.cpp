#include "registry/directory.hpp"

#include "registry/identity.hpp"

#include <algorithm>
#include <stdexcept>

namespace millrace::registry {

namespace {

/// Entries in the order of their creation.
template <class T>
void sort_by_serial(std::vector<std::pair<std::uint64_t, std::shared_ptr<T>>>& entries,
                    std::vector<std::shared_ptr<T>>& sorted) {
  std::sort(entries.begin(), entries.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
  sorted.reserve(entries.size());
  for (auto& each : entries)
    sorted.push_back(std::move(each.second));
}

/// Of entries with the time since when they have been idle, at most `count`.
template <class Time, class T>
std::vector<std::shared_ptr<T>> longest_idle(std::vector<std::pair<Time, std::shared_ptr<T>>>& idle,
                                             std::size_t count) {
  const auto end = idle.begin() + static_cast<std::ptrdiff_t>(std::min(idle.size(), count));
  std::partial_sort(idle.begin(), end, idle.end(),
                    [](const auto& left, const auto& right) { return left.first < right.first; });
  std::vector<std::shared_ptr<T>> first;
  for (auto each = idle.begin(); each != end; ++each)
    first.push_back(std::move(each->second));
  return first;
}

}  // namespace

std::shared_ptr<stream> directory::add(const std::string& id, stream_definition what, bool posted) {
  auto made = std::make_shared<stream>(id, std::move(what), config_);
  made->serial_ = next_serial_++;
  made->posted_ = posted;
  posted_ += posted ? 1U : 0U;
  streams_.emplace(id, made);
  return made;
}

std::shared_ptr<stream> directory::post(stream_definition what) {
  const auto id = stream_id(what.sources.front().text(), {});
  return post(id, std::move(what));
}

std::shared_ptr<stream> directory::post(const std::string& id, stream_definition what) {
  const std::scoped_lock lock(mutex_);
  const auto known = streams_.find(id);
  const bool more = known == streams_.end() || !known->second->posted_;
  if (more && posted_ >= config_.max_posted) return nullptr;
  deleted_streams_.erase(id);
  if (known == streams_.end()) return add(id, std::move(what), true);
  posted_ += more ? 1U : 0U;
  known->second->posted_ = true;
  known->second->redefine(std::move(what));
  return known->second;
}

std::shared_ptr<stream> directory::find_or_add(const std::string& id, stream_definition what) {
  const std::scoped_lock lock(mutex_);
  const auto known = streams_.find(id);
  if (known != streams_.end()) {
    const bool update = !known->second->posted_ && what.sources.size() > 1 &&
                        what.sources != known->second->definition()->sources;
    if (update) known->second->redefine(std::move(what));
    return known->second;
  }
  if (deleted_streams_.contains(id)) return nullptr;
  make_room_for_stream();
  return add(id, std::move(what), false);
}

std::shared_ptr<stream> directory::find_stream(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second;
}

bool directory::remove_stream(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  const auto found = streams_.find(id);
  if (found == streams_.end()) return false;
  const auto gone = found->second;
  std::erase_if(clients_, [&](const auto& each) { return each.second->stream_ == gone; });
  posted_ -= gone->posted_ ? 1U : 0U;
  streams_.erase(found);
  const auto serial = next_serial_++;
  deleted_streams_[id] = serial;
  deletions_.emplace_back(serial, id);
  while (deletions_.size() > config_.max_deleted) {
    const auto oldest = deleted_streams_.find(deletions_.front().second);
    if (oldest != deleted_streams_.end() && oldest->second == deletions_.front().first)
      deleted_streams_.erase(oldest);
    deletions_.pop_front();
  }
  const std::scoped_lock stream_lock(gone->mutex_);
  gone->removed_ = true;
  for (auto* each : gone->playing_)
    each->control_.stop();
  return true;
}

directory::list<stream> directory::streams() const {
  std::vector<std::pair<std::uint64_t, std::shared_ptr<stream>>> entries;
  {
    const std::scoped_lock lock(mutex_);
    entries.reserve(streams_.size());
    for (const auto& [id, each] : streams_)
      entries.emplace_back(each->serial_, each);
  }
  list<stream> sorted;
  sort_by_serial(entries, sorted);
  return sorted;
}

std::size_t directory::stream_count() const {
  const std::scoped_lock lock(mutex_);
  return streams_.size();
}

directory::played directory::play(const std::shared_ptr<stream>& what, const client_description& who,
                                  playback_control control) {
  const std::scoped_lock lock(mutex_);
  const auto now = clock::now();
  if (is_refused(who.id, what->id_, now)) return refusal::client_deleted;
  if (!readmit(what)) return refusal::stream_deleted;
  const client_key key{who.id, what->id_};
  auto found = clients_.find(key);
  if (found == clients_.end()) {
    make_room_for_client(now);
    found = clients_.emplace(key, std::make_shared<client>(who.id, what, who.user_agent, who.address)).first;
    found->second->serial_ = next_serial_++;
    what->clients.fetch_add(1, std::memory_order_relaxed);
  }
  return std::make_unique<playback>(what, found->second, totals_, std::move(control));
}

/// The stream may have been deleted, or forgotten as idle, since it was found.
bool directory::readmit(const std::shared_ptr<stream>& what) {
  const auto known = streams_.find(what->id_);
  if (known != streams_.end()) return known->second == what;
  if (deleted_streams_.contains(what->id_)) return false;
  {
    const std::scoped_lock stream_lock(what->mutex_);
    if (what->removed_) return false;
  }
  streams_.emplace(what->id_, what);
  return true;
}

std::shared_ptr<client> directory::find_client(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<client> latest;
  for (auto each = clients_.lower_bound({id, {}}); each != clients_.end() && each->first.first == id;
       ++each) {
    const auto& found = each->second;
    if (!latest || std::pair(found->running > 0, found->last_seen()) >=
                       std::pair(latest->running > 0, latest->last_seen()))
      latest = found;
  }
  return latest;
}

bool directory::remove_client(const std::string& id, const std::optional<std::string>& stream_id) {
  const std::scoped_lock lock(mutex_);
  const auto now = clock::now();
  list<client> gone;
  for (auto each = clients_.lower_bound({id, {}}); each != clients_.end() && each->first.first == id;
       ++each) {
    if (!stream_id || each->first.second == *stream_id) gone.push_back(each->second);
  }
  if (gone.empty()) return false;
  deleted_clients_[stream_id ? id + ' ' + *stream_id : id] = now + config_.client_timeout;
  for (const auto& each : gone) {
    drop(each, now);
    const std::scoped_lock stream_lock(each->stream_->mutex_);
    for (auto* response : each->stream_->playing_) {
      if (response->client_ == each) response->control_.stop();
    }
  }
  return true;
}

directory::list<client> directory::clients() const {
  std::vector<std::pair<std::uint64_t, std::shared_ptr<client>>> entries;
  {
    const std::scoped_lock lock(mutex_);
    entries.reserve(clients_.size());
    for (const auto& [key, each] : clients_)
      entries.emplace_back(each->serial_, each);
  }
  list<client> sorted;
  sort_by_serial(entries, sorted);
  return sorted;
}

directory::list<client> directory::clients_of(const stream& of) const {
  auto all = clients();
  std::erase_if(all, [&](const auto& each) { return each->stream_.get() != &of; });
  return all;
}

std::size_t directory::client_count() const {
  const std::scoped_lock lock(mutex_);
  return clients_.size();
}

directory::activity directory::active(wall_clock::time_point now) const {
  const std::scoped_lock lock(mutex_);
  const auto plays = [now](const auto& entry) { return entry.second->is_active(now); };
  return {.streams = static_cast<std::size_t>(std::count_if(streams_.begin(), streams_.end(), plays)),
          .clients = static_cast<std::size_t>(std::count_if(clients_.begin(), clients_.end(), plays))};
}

bool directory::is_refused(const std::string& client, const std::string& stream,
                           clock::time_point now) const {
  if (deleted_clients_.empty()) return false;
  const auto refused = [&](const std::string& key) {
    const auto found = deleted_clients_.find(key);
    return found != deleted_clients_.end() && now < found->second;
  };
  return refused(client) || refused(client + ' ' + stream);
}

void directory::drop(const std::shared_ptr<client>& gone, clock::time_point now) {
  clients_.erase({gone->id_, gone->stream_->id_});
  if (gone->stream_->clients.fetch_sub(1) == 1) gone->stream_->idle_since_ = now;
}

void directory::clean_up(clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(deleted_clients_, [&](const auto& each) { return each.second <= now; });
  list<client> gone;
  for (const auto& [key, each] : clients_) {
    if (each->running.load() == 0 && now - each->idle_since_.load() >= config_.client_timeout)
      gone.push_back(each);
  }
  for (const auto& each : gone)
    drop(each, now);
  std::erase_if(streams_, [&](const auto& entry) {
    const auto& each = *entry.second;
    return !each.posted_ && each.clients.load() == 0 && now - each.idle_since_ >= config_.stream_timeout;
  });
}

/// Too many streams that were made by ?url=: an eighth of them goes, those that nobody has played for
/// longest, with their clients. What plays stays.
void directory::make_room_for_stream() {
  if (streams_.size() - posted_ < config_.max_streams) return;
  std::vector<std::pair<wall_clock::time_point, std::shared_ptr<stream>>> idle;
  for (const auto& [id, each] : streams_) {
    if (!each->posted_ && each->running.load() == 0) idle.emplace_back(each->last_access(), each);
  }
  for (const auto& each : longest_idle(idle, config_.max_streams / 8 + 1)) {
    streams_.erase(each->id_);
    each->clients.store(0);
  }
  std::erase_if(clients_, [&](const auto& entry) { return !streams_.contains(entry.first.second); });
}

/// Too many clients: likewise. Only when enough of them can go: the walk is too long for each request.
void directory::make_room_for_client(clock::time_point now) {
  const auto wanted = config_.max_clients / 8 + 1;
  const auto running = static_cast<std::size_t>(totals_.active_clients.load());
  if (clients_.size() < config_.max_clients || clients_.size() < running + wanted) return;
  std::vector<std::pair<clock::time_point, std::shared_ptr<client>>> idle;
  for (const auto& [key, each] : clients_) {
    if (each->running.load() == 0) idle.emplace_back(each->idle_since_.load(), each);
  }
  for (const auto& each : longest_idle(idle, wanted))
    drop(each, now);
}

void throw_exception_from_error(const refusal& error, const boost::source_location&) {
  throw std::logic_error(error == refusal::stream_deleted ? "the stream was deleted"
                                                          : "the client was deleted");
}

}  // namespace millrace::registry
