#include "live/seam.hpp"

#include "live/discontinuity.hpp"

#include <algorithm>
#include <utility>

namespace millrace::live {

seam::seam(const seam_limits& limits) : limits_(limits), history_(limits.history_packets), pids_(pid_count) {}

void seam::begin_connection(time_point) {
  if (state_ == state::recording) return;
  first_bytes_.reset();
  behind_ = false;
  beginning_.clear();
  search_.reset();
  held_.clear();
  if (history_.size() == 0)
    state_ = state::flowing;
  else
    state_ = last_beginning_.empty() ? state::searching : state::comparing;
}

void seam::end_connection(bool properly, std::vector<std::byte>& out) {
  if (state_ == state::recording) return;
  if (state_ == state::comparing) {
    // All that came repeats the last beginning: that one stays the one to compare with.
    held_.clear();
    return;
  }
  if (state_ == state::searching && behind_) drop_held();
  if (state_ == state::searching && !held_.empty()) decide(out);
  if (beginning_.empty()) return;
  last_beginning_.clear();
  const auto essence = [&](fingerprint print) { return is_essence(print.pid()); };
  if (properly && std::ranges::any_of(beginning_, essence)) last_beginning_ = std::exchange(beginning_, {});
}

seam::verdict seam::take(std::span<const std::byte> whole_packets, time_point now,
                         std::vector<std::byte>& out) {
  now_ = now;
  if (!first_bytes_ && !whole_packets.empty()) first_bytes_ = search_began_ = now;
  for (std::size_t i = 0; i < whole_packets.size() / packet_size; ++i) {
    const auto packet = packet_at(whole_packets, i);
    tables_.observe(packet);
    step(packet, out);
  }
  return settle(now, out);
}

seam::verdict seam::settle(time_point now, std::vector<std::byte>& out) {
  now_ = now;
  const auto due = settle_at();
  if (due && (now >= *due || held_.size() > limits_.search_bytes)) decide(out);
  return current();
}

std::optional<seam::time_point> seam::settle_at() const noexcept {
  if (state_ != state::searching || held_.empty() || !first_bytes_) return std::nullopt;
  return behind_ ? *first_bytes_ + limits_.catch_up_time : search_began_ + limits_.search_time;
}

seam::verdict seam::current() const noexcept {
  switch (state_) {
    case state::flowing:
      return verdict::flowing;
    case state::comparing:
    case state::searching:
      return verdict::searching;
    case state::cutting:
    case state::trailing:
      return verdict::cutting;
    case state::recording:
      break;
  }
  return verdict::recording;
}

void seam::step(packet_view packet, std::vector<std::byte>& out) {
  const fingerprint print(packet);
  if (beginning_.size() < limits_.recording_packets) beginning_.push_back(print);
  switch (state_) {
    case state::flowing:
      return send(packet, print, out);
    case state::comparing:
      return compare(packet, out);
    case state::searching:
      return search(packet, print, out);
    case state::cutting:
      return cut(packet, print, out);
    case state::trailing:
      return pass_trailing(packet, print, out);
    case state::recording:
      return;
  }
}

void seam::compare(packet_view packet, std::vector<std::byte>& out) {
  const auto bytes = packet.bytes();
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  const auto count = beginning_.size();
  if (beginning_.back() != last_beginning_[count - 1]) {
    state_ = state::searching;
    const auto held = std::exchange(held_, {});
    replay(held, out);
  } else if (count == last_beginning_.size()) {
    state_ = state::recording;
    held_ = {};
  }
}

/// Packets before the first one ever sent repeat nothing and are not wanted; what comes behind them may.
bool seam::is_behind(packet_view packet) {
  const auto precedes = clock_.precedes(packet);
  // A clock that began before the history did is no measure.
  if (!precedes || clock_.sent() > limits_.history_packets) return false;
  if (behind_ || *precedes) search_began_ = now_;
  behind_ = *precedes;
  return behind_;
}

void seam::drop_held() {
  counters_.packets_cut += held_.size() / packet_size;
  held_.clear();
  held_essence_.clear();
}

void seam::search(packet_view packet, fingerprint print, std::vector<std::byte>& out) {
  if (is_behind(packet)) {
    drop_held();
    ++counters_.packets_cut;
    if (search_) search_->restart();
    return;
  }
  const auto bytes = packet.bytes();
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  if (!is_essence(print.pid())) return;
  // Not sooner: tables at the beginning of the connection may tell which PIDs are essence.
  if (!search_) search_.emplace(history_, tables_, limits_.convincing_run);
  held_essence_.push_back(held_.size());
  search_->advance(print);
  act(out);
}

/// On what the search has found.
bool seam::act(std::vector<std::byte>& out) {
  if (const auto ended = search_->ended()) {
    const auto repeated = held_essence_[*ended - 1];
    const auto held = std::exchange(held_, {});
    held_essence_ = {};
    counters_.packets_cut += repeated / packet_size;
    join_seamless();
    replay(std::span(held).subspan(repeated), out);
    return true;
  }
  if (!search_->convinced()) return false;
  drop_held();
  state_ = state::cutting;
  return true;
}

void seam::cut(packet_view packet, fingerprint print, std::vector<std::byte>& out) {
  if (is_essence(print.pid())) {
    search_->advance(print);
    if (search_->lost()) {
      // Damaged, missing, or new: what follows will tell.
      search_->restart();
      search_began_ = now_;
      behind_ = false;
      state_ = state::searching;
      return search(packet, print, out);
    }
    if (search_->ended()) join_seamless();
  }
  ++counters_.packets_cut;
}

void seam::pass_trailing(packet_view packet, fingerprint print, std::vector<std::byte>& out) {
  const auto sent = trailing_.find(print.value());
  if (!is_essence(print.pid())) {
    if (sent != trailing_.end() && sent->second > 0) {
      --sent->second;
      ++counters_.packets_cut;
      return;
    }
  } else {
    trailing_ = {};
    state_ = state::flowing;
  }
  send(packet, print, out);
}

void seam::replay(std::span<const std::byte> packets, std::vector<std::byte>& out) {
  for (std::size_t i = 0; i < packets.size() / packet_size; ++i) {
    const auto packet = packet_at(packets, i);
    const fingerprint print(packet);
    switch (state_) {
      case state::searching:
        search(packet, print, out);
        break;
      case state::cutting:
        cut(packet, print, out);
        break;
      case state::trailing:
        pass_trailing(packet, print, out);
        break;
      default:
        send(packet, print, out);
    }
  }
}

void seam::decide(std::vector<std::byte>& out) {
  if (search_) {
    search_->conclude();
    if (act(out)) return;
  }
  join_broken();
  // Tables and null packets sent last may come again even so.
  remember_trailing();
  state_ = state::trailing;
  held_essence_ = {};
  const auto held = std::exchange(held_, {});
  replay(held, out);
}

void seam::join_seamless() {
  ++counters_.seamless;
  for (auto& pid : pids_)
    if (pid.known && pid.pending == join::none) pid.pending = join::seamless;
  remember_trailing();
  search_.reset();
  state_ = state::trailing;
}

void seam::join_broken() {
  ++counters_.discontinuous;
  for (auto& pid : pids_)
    if (pid.known) pid.pending = join::broken;
  clock_.restart();
  search_.reset();
  state_ = state::flowing;
}

void seam::remember_trailing() {
  trailing_ = {};
  for (auto i = history_.size(); i > 0 && !is_essence(history_[i - 1].pid()); --i)
    ++trailing_[history_[i - 1].value()];
}

void seam::send(packet_view packet, fingerprint print, std::vector<std::byte>& out) {
  history_.add(print);
  clock_.observe(packet);
  const auto bytes = packet.bytes();
  auto& pid = pids_[print.pid()];
  const auto pending = pid.pending;
  const bool marked =
      pending == join::broken || (pending != join::none && pid.known && !continues(pid.counter, packet));
  pid.pending = join::none;
  if (tables_.is_table(print.pid())) {
    const bool first = pending == join::broken || pending == join::seamless || !pid.known;
    if (first || (pending == join::out_of_turn && !packet.payload_unit_start()))
      pid.pending = join::out_of_turn;
  }
  if (marked && !packet.is_null() && !packet.discontinuity_indicator())
    append_marked(packet, out);
  else
    out.insert(out.end(), bytes.begin(), bytes.end());
  pid.known = true;
  pid.counter = packet.continuity_counter();
}

}  // namespace millrace::live
