#include "live/program_tables.hpp"

#include <utility>

namespace millrace::live {

namespace {

constexpr std::uint8_t pat_table = 0x00;
constexpr std::uint8_t pmt_table = 0x02;
/// More programs than a multiplex has in practice; what is beyond is not followed.
constexpr std::size_t most_programs = 256;
constexpr std::size_t program_entry = 4;

std::uint16_t read_16(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8U |
                                    std::to_integer<unsigned>(bytes[at + 1]));
}

}  // namespace

program_tables::program_tables() : packets_(std::make_shared<const std::vector<std::byte>>()) {
  followed_.set(pat_pid);
}

void program_tables::observe(std::span<const std::byte> whole_packets) {
  for (std::size_t i = 0; i < whole_packets.size() / packet_size; ++i)
    observe(packet_at(whole_packets, i));
}

void program_tables::follow(packet_view packet) {
  packets_.reset();
  const auto pid = packet.pid();
  if (pid == pat_pid) {
    for (auto& section : pat_.reader.take(packet))
      if (section.table_id() == pat_table && section.is_current()) take_pat(std::move(section));
    return;
  }
  auto& pmt = pmts_[pid];
  for (auto& section : pmt.reader.take(packet)) {
    const auto program = programs_.find(section.extension());
    if (section.table_id() == pmt_table && section.is_current() && program != programs_.end() &&
        program->second == pid)
      pmt.wanted[section.extension()] = std::move(section);
  }
}

void program_tables::take_pat(table_section section) {
  const auto same_table = [&](const table_section& other) {
    return other.version() == section.version() && other.extension() == section.extension() &&
           other.last_number() == section.last_number();
  };
  if (section.number() > section.last_number()) return;
  if (!next_pat_.empty() && !same_table(next_pat_.begin()->second)) next_pat_.clear();
  const std::size_t sections = section.last_number() + std::size_t{1};
  next_pat_[section.number()] = std::move(section);
  if (next_pat_.size() == sections) adopt_pat();
}

void program_tables::adopt_pat() {
  pat_.wanted = std::exchange(next_pat_, {});
  followed_.reset();
  followed_.set(pat_pid);
  named_.reset();
  programs_.clear();
  for (const auto& [number, section] : pat_.wanted) {
    const auto body = section.body();
    for (std::size_t at = 0; at + program_entry <= body.size(); at += program_entry) {
      const auto program = read_16(body, at);
      const auto pid = static_cast<pid_type>(read_16(body, at + 2) & 0x1fffU);
      if (pid <= last_reserved_pid || pid == null_pid) continue;
      named_.set(pid);
      // Program 0 names the network information table, which decoders do without.
      if (program == 0 || programs_.size() == most_programs) continue;
      programs_[program] = pid;
      followed_.set(pid);
    }
  }
  std::erase_if(pmts_, [&](const auto& entry) { return !followed_[entry.first]; });
  for (auto& [pid, pmt] : pmts_) {
    std::erase_if(pmt.wanted, [&](const auto& entry) {
      const auto program = programs_.find(entry.first);
      return program == programs_.end() || program->second != pid;
    });
  }
}

void program_tables::append_packets(const followed_pid& from, std::vector<std::byte>& out) {
  std::map<std::uint64_t, const numbered_packet*> in_order;
  for (const auto& [number, section] : from.wanted)
    for (const auto& packet : section.packets)
      in_order[packet.number] = &packet;
  if (in_order.empty()) return;
  for (const auto& packet : from.reader.begun())
    in_order[packet.number] = &packet;

  // What was left out between would be missed, and so would be what follows: count back from the last one.
  auto counter = from.reader.counter().value_or(0) - in_order.size() + 1;
  for (const auto& [number, packet] : in_order) {
    const auto begin = out.size();
    out.insert(out.end(), packet->bytes.begin(), packet->bytes.end());
    out[begin + 3] = (out[begin + 3] & std::byte{0xf0}) | static_cast<std::byte>(counter++ & 0x0fU);
  }
}

program_tables::snapshot program_tables::packets() const {
  if (packets_) return packets_;
  std::vector<std::byte> all;
  append_packets(pat_, all);
  std::bitset<pid_count> done;
  for (const auto& [program, pid] : programs_) {
    const auto pmt = pmts_.find(pid);
    if (pmt == pmts_.end() || done[pid]) continue;
    done.set(pid);
    append_packets(pmt->second, all);
  }
  packets_ = std::make_shared<const std::vector<std::byte>>(std::move(all));
  return packets_;
}

}  // namespace millrace::live
