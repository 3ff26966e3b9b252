#pragma once
// Judges a transport stream as a client received it (ISO/IEC 13818-1 §2.4.3): packets, continuity counters,
// time bases, and the marks of the scripted origin's own packets (faulty_origin/ts_content.hpp).
//
//   const ts_report seen = check_ts(body);
//   BOOST_TEST(seen.clean());                     // whole packets, all jumps announced
//   BOOST_TEST(seen.gaps().empty());              // no packet that the provider sent is missing
//   BOOST_TEST(seen.repeats().empty());           // none came twice or late

#include "faulty_origin/ts_content.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::test {

/// A marked packet and its place among the packets received.
struct received_mark {
  origin::ts_mark mark;
  std::uint64_t index = 0;
};

struct ts_jump {
  std::uint16_t pid = 0;
  std::uint64_t index = 0;  ///< of the packet that does not follow, among those received
  unsigned expected = 0;
  unsigned found = 0;
  bool announced = false;  ///< by discontinuity_indicator
};

/// A PCR that lies before the last one, or more than 100 ms behind it.
struct ts_clock_jump {
  std::uint16_t pid = 0;
  std::uint64_t index = 0;
  std::uint64_t before = 0;  ///< 27 MHz
  std::uint64_t after = 0;
  bool announced = false;
};

/// Marked packets that are missing: those after `last` and before `next`.
struct mark_gap {
  std::uint64_t last = 0;  ///< packet numbers
  std::uint64_t next = 0;
  std::uint64_t missing = 0;  ///< marked packets only
};

/// A marked packet whose number is not beyond all before it.
struct mark_repeat {
  std::uint64_t number = 0;
  std::uint64_t highest = 0;  ///< so far
  std::uint64_t index = 0;    ///< among the packets received
};

struct ts_report {
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t leading = 0;    ///< bytes before the first packet
  std::uint64_t stray = 0;      ///< bytes between packets
  std::uint64_t trailing = 0;   ///< bytes of an unfinished packet at the end
  std::uint64_t lost_sync = 0;  ///< how often a packet was not followed by a sync byte

  std::map<std::uint16_t, std::uint64_t> per_pid;  ///< packets
  std::vector<ts_jump> jumps;
  std::vector<ts_clock_jump> clock_jumps;
  std::uint64_t indicators = 0;        ///< packets with discontinuity_indicator, whether they jump or not
  std::uint64_t duplicates = 0;        ///< permitted ones: the same packet twice in a row on its PID
  std::uint64_t scrambled_or_bad = 0;  ///< transport_error_indicator or a reserved adaptation_field_control
  std::uint64_t before_tables =
      0;  ///< packets other than PAT, PMT and null ones before both tables were seen
  bool pat_seen = false;
  bool pmt_seen = false;         ///< of the program in the PAT
  std::uint64_t key_frames = 0;  ///< packets with random_access_indicator
  std::vector<received_mark> marks;
  std::uint64_t damaged_marks = 0;  ///< wrong checksum; not among `marks`

  std::uint64_t announced_jumps() const;
  std::uint64_t unannounced_jumps() const;
  std::uint64_t unannounced_clock_jumps() const;

  /// Whole packets from the first byte on, nothing damaged, every jump of counters announced.
  bool clean() const;
  /// All marks have this seed.
  bool only_seed(std::uint64_t seed) const;
  /// Packet numbers rise from mark to mark.
  bool increasing() const { return repeats().empty(); }
  std::vector<mark_gap> gaps() const;
  std::vector<mark_repeat> repeats() const;
  /// Packet number of the first and the last mark.
  std::optional<std::uint64_t> first_number() const;
  std::optional<std::uint64_t> last_number() const;
  /// Some lines for a test's message.
  std::string summary() const;
};

/// Takes the bytes as they come, in pieces of any size.
class ts_checker {
 public:
  void add(std::string_view bytes);
  /// Of everything added so far.
  ts_report report() const;

 private:
  struct pid_state {
    unsigned counter = 0;
    bool repeated = false;  // the last packet was a duplicate
    std::string last;       // the last packet with a payload
    std::optional<std::uint64_t> pcr;
    bool announced = false;  // an indicator since the last PCR
  };

  void take(std::string_view packet);
  bool find_sync();
  void follow_counter(std::uint16_t pid, std::string_view packet, bool indicator);
  void follow_clock(std::uint16_t pid, std::string_view packet, bool indicator);
  void follow_tables(std::uint16_t pid, std::string_view packet);

  std::string rest_;
  bool synced_ = false;
  std::map<std::uint16_t, pid_state> pids_;
  std::optional<std::uint16_t> pmt_pid_;
  ts_report seen_;
};

/// Everything at once.
ts_report check_ts(std::string_view bytes);

}  // namespace millrace::test
