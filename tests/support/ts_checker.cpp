#include "ts_checker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace millrace::test {
namespace {

constexpr std::size_t packet_size = origin::ts_packet_size;
constexpr char sync_byte = 0x47;
constexpr std::uint64_t clock_wrap = (1ULL << 33U) * 300;
constexpr std::uint64_t longest_pcr_interval = 2'700'000;  // §2.7.2: 100 ms

unsigned byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

bool has_payload(std::string_view packet) {
  return (byte_at(packet, 3) & 0x10U) != 0;
}

/// The flags of the adaptation field, 0 without one.
unsigned adaptation_flags(std::string_view packet) {
  return (byte_at(packet, 3) & 0x20U) != 0 && byte_at(packet, 4) > 0 ? byte_at(packet, 5) : 0;
}

std::optional<std::uint64_t> pcr_of(std::string_view packet) {
  if ((adaptation_flags(packet) & 0x10U) == 0 || byte_at(packet, 4) < 7) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 6; i < 12; ++i)
    value = value << 8U | byte_at(packet, i);
  return (value >> 15U) * 300 + (value & 0x1ffU);
}

/// Equal but for the PCR, which the sender of a duplicate renews (§2.4.3.3).
bool is_duplicate(std::string_view one, std::string_view other) {
  if (!pcr_of(one) || !pcr_of(other)) return one == other;
  return one.substr(0, 6) == other.substr(0, 6) && one.substr(12) == other.substr(12);
}

/// The section that begins in this packet, as far as the packet has it; empty when none does.
std::string_view section_of(std::string_view packet) {
  if ((byte_at(packet, 1) & 0x40U) == 0 || !has_payload(packet)) return {};
  std::size_t start = 4;
  if ((byte_at(packet, 3) & 0x20U) != 0) start += 1 + byte_at(packet, 4);
  if (start < packet_size) start += 1 + byte_at(packet, start);
  if (start + 3 > packet_size) return {};
  const std::size_t length = 3 + ((byte_at(packet, start + 1) & 0x0fU) << 8U | byte_at(packet, start + 2));
  if (start + length > packet_size) return {};
  const auto section = packet.substr(start, length);
  return origin::ts_crc(section) == 0 ? section : std::string_view();
}

template <class C>
std::uint64_t count_announced(const C& jumps, bool announced) {
  return static_cast<std::uint64_t>(
      std::count_if(jumps.begin(), jumps.end(), [&](const auto& one) { return one.announced == announced; }));
}

}  // namespace

void ts_checker::add(std::string_view bytes) {
  seen_.bytes += bytes.size();
  rest_.append(bytes);
  std::size_t at = 0;
  const std::string all = std::move(rest_);
  while (all.size() - at >= packet_size) {
    if (all[at] == sync_byte &&
        (synced_ || all.size() - at == packet_size || all[at + packet_size] == sync_byte)) {
      synced_ = true;
      take(std::string_view(all).substr(at, packet_size));
      at += packet_size;
      continue;
    }
    if (synced_) ++seen_.lost_sync;
    synced_ = false;
    ++(seen_.packets == 0 ? seen_.leading : seen_.stray);
    ++at;
  }
  rest_ = all.substr(at);
}

ts_report ts_checker::report() const {
  ts_report made = seen_;
  made.trailing = rest_.size();
  return made;
}

void ts_checker::take(std::string_view packet) {
  const auto pid = static_cast<std::uint16_t>((byte_at(packet, 1) & 0x1fU) << 8U | byte_at(packet, 2));
  const unsigned control = byte_at(packet, 3) >> 4U & 3U;
  ++seen_.per_pid[pid];
  const bool bad = (byte_at(packet, 1) & 0x80U) != 0 || control == 0 ||
                   (control == 2 && byte_at(packet, 4) != 183) || (control == 3 && byte_at(packet, 4) > 182);
  if (bad) {
    ++seen_.scrambled_or_bad;
  } else if (pid != origin::ts_null_pid) {
    const unsigned flags = adaptation_flags(packet);
    const bool indicator = (flags & 0x80U) != 0;
    if (indicator) ++seen_.indicators;
    if ((flags & 0x40U) != 0) ++seen_.key_frames;
    follow_tables(pid, packet);
    follow_counter(pid, packet, indicator);
    follow_clock(pid, packet, indicator);
    if (const auto mark = origin::read_ts_mark(packet)) {
      if (mark->intact) {
        seen_.marks.push_back({*mark, seen_.packets});
      } else {
        ++seen_.damaged_marks;
      }
    }
  }
  ++seen_.packets;
}

void ts_checker::follow_counter(std::uint16_t pid, std::string_view packet, bool indicator) {
  const unsigned counter = byte_at(packet, 3) & 15U;
  const auto [found, first] = pids_.try_emplace(pid);
  pid_state& state = found->second;
  const unsigned before = std::exchange(state.counter, counter);
  const bool payload = has_payload(packet);
  if (!first && payload && counter == before && !state.repeated && is_duplicate(state.last, packet)) {
    state.repeated = true;
    ++seen_.duplicates;
    return;
  }
  state.repeated = false;
  if (payload) state.last = packet;
  const unsigned expected = (before + (payload ? 1 : 0)) & 15U;
  if (!first && counter != expected)
    seen_.jumps.push_back({pid, seen_.packets, expected, counter, indicator});
}

void ts_checker::follow_clock(std::uint16_t pid, std::string_view packet, bool indicator) {
  pid_state& state = pids_[pid];
  state.announced = state.announced || indicator;
  const auto pcr = pcr_of(packet);
  if (!pcr) return;
  if (state.pcr && (*pcr + clock_wrap - *state.pcr) % clock_wrap > longest_pcr_interval) {
    seen_.clock_jumps.push_back({pid, seen_.packets, *state.pcr, *pcr, state.announced});
  }
  state.pcr = pcr;
  state.announced = false;
}

void ts_checker::follow_tables(std::uint16_t pid, std::string_view packet) {
  const bool pat = pid == origin::ts_pat_pid;
  const bool pmt = pmt_pid_ == pid;
  if (pat || pmt) {
    const auto section = section_of(packet);
    if (pat && section.size() >= 16 && section[0] == 0) {
      seen_.pat_seen = true;
      pmt_pid_ = static_cast<std::uint16_t>((byte_at(section, 10) & 0x1fU) << 8U | byte_at(section, 11));
    }
    if (pmt && !section.empty() && section[0] == 2) seen_.pmt_seen = true;
  } else if (!seen_.pat_seen || !seen_.pmt_seen) {
    ++seen_.before_tables;
  }
}

std::uint64_t ts_report::announced_jumps() const {
  return count_announced(jumps, true);
}

std::uint64_t ts_report::unannounced_jumps() const {
  return count_announced(jumps, false);
}

std::uint64_t ts_report::unannounced_clock_jumps() const {
  return count_announced(clock_jumps, false);
}

bool ts_report::clean() const {
  return leading + stray + trailing + lost_sync + scrambled_or_bad + damaged_marks + unannounced_jumps() == 0;
}

bool ts_report::only_seed(std::uint64_t seed) const {
  return std::all_of(marks.begin(), marks.end(),
                     [&](const received_mark& one) { return one.mark.seed == seed; });
}

std::vector<mark_gap> ts_report::gaps() const {
  std::vector<mark_gap> found;
  const origin::ts_mark* highest = nullptr;
  for (const auto& [mark, index] : marks) {
    if (highest != nullptr && mark.number <= highest->number) continue;
    if (highest != nullptr && mark.ordinal > highest->ordinal + 1)
      found.push_back({highest->number, mark.number, mark.ordinal - highest->ordinal - 1});
    highest = &mark;
  }
  return found;
}

std::vector<mark_repeat> ts_report::repeats() const {
  std::vector<mark_repeat> found;
  std::optional<std::uint64_t> highest;
  for (const auto& [mark, index] : marks) {
    if (highest && mark.number <= *highest) {
      found.push_back({mark.number, *highest, index});
    } else {
      highest = mark.number;
    }
  }
  return found;
}

std::optional<std::uint64_t> ts_report::first_number() const {
  if (marks.empty()) return std::nullopt;
  return marks.front().mark.number;
}

std::optional<std::uint64_t> ts_report::last_number() const {
  if (marks.empty()) return std::nullopt;
  return marks.back().mark.number;
}

std::string ts_report::summary() const {
  auto text = fmt::format(
      "{} bytes, {} packets, {} leading, {} stray, {} trailing, {} bad, {} damaged, {} before tables\n"
      "{} marks ({} to {}), {} jumps announced, {} not, {} of the clock not, {} indicators\n",
      bytes, packets, leading, stray, trailing, scrambled_or_bad, damaged_marks, before_tables, marks.size(),
      first_number().value_or(0), last_number().value_or(0), announced_jumps(), unannounced_jumps(),
      unannounced_clock_jumps(), indicators);
  for (const ts_jump& jump : jumps) {
    fmt::format_to(std::back_inserter(text), "  pid {:#x}, packet {}: counter {} instead of {}{}\n", jump.pid,
                   jump.index, jump.found, jump.expected, jump.announced ? ", announced" : "");
  }
  for (const mark_gap& gap : gaps())
    fmt::format_to(std::back_inserter(text), "  missing after {}: {}\n", gap.last, gap.missing);
  const auto again = repeats();
  if (!again.empty()) {
    fmt::format_to(std::back_inserter(text), "  {} repeated or late, the first: {} after {}\n", again.size(),
                   again.front().number, again.front().highest);
  }
  return text;
}

ts_report check_ts(std::string_view bytes) {
  ts_checker checker;
  checker.add(bytes);
  return checker.report();
}

}  // namespace millrace::test
