#pragma once
// The tables that a decoder needs first: the PAT and the PMTs it names (ISO 13818-1 2.4.4.3 and 2.4.4.8).

#include "live/section_reader.hpp"
#include "live/ts_packet.hpp"

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace millrace::live {

/// Follows a stream's tables through changes of version and of programs. Used by one thread; a snapshot may
/// go to any.
class program_tables {
 public:
  using snapshot = std::shared_ptr<const std::vector<std::byte>>;

  program_tables();

  /// To be given every packet, in order; those of other PIDs cost one look.
  void observe(packet_view packet) {
    if (followed_[packet.pid()]) follow(packet);
  }
  void observe(std::span<const std::byte> whole_packets);

  /// PAT, PMT, and all other PIDs that are reserved for tables or named by the PAT.
  bool is_table(pid_type pid) const noexcept { return pid <= last_reserved_pid || named_[pid]; }

  /// The packets of the last complete PAT, then those of the PMTs that it names, as far as they were seen.
  /// Their continuity counters end with the last one seen of each PID, so that the next packet observed
  /// is in order behind them. Never null; empty before a PAT was complete. The same object until another
  /// table packet was seen.
  snapshot packets() const;

 private:
  /// One PID: the newest of each section that is wanted from it.
  struct followed_pid {
    section_reader reader;
    std::map<std::uint16_t, table_section> wanted;  ///< by section number (PAT) or program number (PMT)
  };

  void follow(packet_view packet);
  void take_pat(table_section section);
  void adopt_pat();
  static void append_packets(const followed_pid& from, std::vector<std::byte>& out);

  std::bitset<pid_count> followed_;                  ///< PAT and PMTs
  std::bitset<pid_count> named_;                     ///< by the PAT
  followed_pid pat_;                                 ///< `wanted` is the PAT in force
  std::map<std::uint16_t, table_section> next_pat_;  ///< what there is of the next
  std::map<std::uint16_t, pid_type> programs_;       ///< PMT PIDs by program number
  std::map<pid_type, followed_pid> pmts_;
  mutable snapshot packets_;  ///< null when it has to be made anew
};

}  // namespace millrace::live
