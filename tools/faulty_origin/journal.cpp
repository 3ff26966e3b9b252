#include "journal.hpp"

#include <algorithm>
#include <utility>

namespace millrace::origin {
namespace {

/// A benchmark asks millions of times; nobody reads that many requests.
constexpr std::size_t most_records = 100'000;

/// In [0, 1), the same in every run.
double fixed_chance(std::uint64_t number, feature part) {
  std::uint64_t z = number * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(part) + 1;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return static_cast<double>((z ^ (z >> 31U)) >> 11U) / 9007199254740992.0;
}

void started(counters& one) {
  one.peak_requests = std::max(one.peak_requests, ++one.active_requests);
}

}  // namespace

journal::journal() {
  timelines_[{}] = std::chrono::steady_clock::now();
}

void journal::set(const std::string& key, behaviour rules) {
  const std::lock_guard lock(mutex_);
  path_state& state = paths_[key];
  state.rules = std::make_shared<const behaviour>(std::move(rules));
  state.number = 0;
  state.hits = {};
  state.tickets.clear();
  state.last_packet_end.reset();
}

void journal::update(const std::string& key, const std::function<void(behaviour&)>& edit) {
  const std::lock_guard lock(mutex_);
  path_state& state = paths_[key];
  behaviour rules = state.rules ? *state.rules : behaviour{};
  edit(rules);
  state.rules = std::make_shared<const behaviour>(std::move(rules));
}

void journal::remove(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = paths_.find(key); found != paths_.end()) found->second.rules = nullptr;
}

bool journal::known(const std::string& key) const {
  return rules_of(key) != nullptr;
}

std::shared_ptr<const behaviour> journal::rules_of(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = paths_.find(key);
  return found == paths_.end() ? nullptr : found->second.rules;
}

bool journal::applies(feature part, const condition& when, const request_record& asked) {
  if (asked.number < when.from) return false;
  if (when.reused && asked.index < 2) return false;
  if (!when.client.empty() && when.client != asked.client) return false;
  if (!when.server.empty() && when.server != asked.server) return false;
  if (first_byte_asked(asked.header("Range")) < when.first_byte_from) return false;
  if (when.probability < 1 && fixed_chance(asked.number, part) >= when.probability) return false;
  const std::lock_guard lock(mutex_);
  std::uint64_t& hits = paths_[asked.key].hits[static_cast<std::size_t>(part)];
  if (when.times != 0 && hits >= when.times) return false;
  ++hits;
  return true;
}

std::uint64_t journal::issue_ticket(const std::string& key) {
  const std::lock_guard lock(mutex_);
  paths_[key].tickets[++last_ticket_] = 0;
  return last_ticket_;
}

bool journal::use_ticket(const std::string& key, std::uint64_t ticket, std::uint64_t uses) {
  const std::lock_guard lock(mutex_);
  auto& tickets = paths_[key].tickets;
  const auto found = tickets.find(ticket);
  return found != tickets.end() && ++found->second <= uses;
}

std::chrono::steady_clock::time_point journal::timeline(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return timelines_.try_emplace(name, std::chrono::steady_clock::now()).first->second;
}

std::optional<std::uint64_t> journal::last_packet_end(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = paths_.find(key);
  return found == paths_.end() ? std::nullopt : found->second.last_packet_end;
}

std::uint64_t journal::connection_opened() {
  const std::lock_guard lock(mutex_);
  ++total_.connections;
  total_.peak_connections = std::max(total_.peak_connections, ++total_.open_connections);
  return ++last_connection_;
}

void journal::connection_closed() {
  const std::lock_guard lock(mutex_);
  --total_.open_connections;
}

void journal::connection_refused() {
  const std::lock_guard lock(mutex_);
  ++total_.refused;
}

void journal::handshake_done(bool ok, bool resumed) {
  const std::lock_guard lock(mutex_);
  ++(ok ? total_.handshakes : total_.failed_handshakes);
  if (ok && resumed) ++total_.resumed_sessions;
}

std::shared_ptr<request_record> journal::arrived(request_record seen) {
  auto record = std::make_shared<request_record>(std::move(seen));
  const std::lock_guard lock(mutex_);
  path_state& state = paths_[record->key];
  record->number = ++state.number;
  ++state.seen.requests;
  ++total_.requests;
  if (state.connections.insert(record->connection).second) ++state.seen.connections;
  log_.push_back(record);
  if (log_.size() > most_records) log_.pop_front();
  return record;
}

bool journal::begin(const request_record& asked, const std::optional<connection_limit>& limit) {
  const std::lock_guard lock(mutex_);
  counters& path = paths_[asked.key].seen;
  if (limit && path.active_requests >= limit->most) {
    ++path.refused;
    ++total_.refused;
    return false;
  }
  started(path);
  started(total_);
  path.open_connections = path.active_requests;
  path.peak_connections = path.peak_requests;
  return true;
}

void journal::answered(request_record& asked, int status) {
  const std::lock_guard lock(mutex_);
  asked.status = status;
}

void journal::body_bytes(request_record& asked, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  asked.body_sent += count;
  paths_[asked.key].seen.bytes_sent += count;
  total_.bytes_sent += count;
}

void journal::packets_sent(request_record& asked, std::uint64_t first, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  asked.packets = packet_span{first, end};
  if (end == first) return;
  auto& last = paths_[asked.key].last_packet_end;
  last = std::max(last.value_or(end), end);
}

void journal::end(const request_record& asked) {
  const std::lock_guard lock(mutex_);
  counters& path = paths_[asked.key].seen;
  --path.active_requests;
  --total_.active_requests;
  path.open_connections = path.active_requests;
}

void journal::finished(request_record& asked) {
  const std::lock_guard lock(mutex_);
  asked.finished = true;
}

counters journal::totals() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

counters journal::of(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = paths_.find(key);
  return found == paths_.end() ? counters{} : found->second.seen;
}

std::vector<request_record> journal::requests(std::string_view path_or_key) const {
  const std::lock_guard lock(mutex_);
  std::vector<request_record> chosen;
  for (const auto& record : log_) {
    if (path_or_key.empty() || record->path == path_or_key || record->key == path_or_key)
      chosen.push_back(*record);
  }
  return chosen;
}

std::vector<std::string> journal::keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [key, state] : paths_)
    all.push_back(key);
  return all;
}

void journal::reset() {
  const auto restarted = [](const counters& before) {
    counters fresh;
    fresh.open_connections = fresh.peak_connections = before.open_connections;
    fresh.active_requests = fresh.peak_requests = before.active_requests;
    return fresh;
  };
  const std::lock_guard lock(mutex_);
  log_.clear();
  total_ = restarted(total_);
  for (auto& [key, state] : paths_) {
    state.seen = restarted(state.seen);
    state.number = 0;
    state.hits = {};
    state.connections.clear();
  }
}

}  // namespace millrace::origin
