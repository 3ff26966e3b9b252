#pragma once
// The seam between two upstream connections of one live stream. Providers close often and start the next
// connection some seconds back; the packets that were already sent are cut, so that clients see one stream.
// Where nothing repeats, decoders are told of the discontinuity (ISO 13818-1 2.4.3.5).

#include "live/overlap_search.hpp"
#include "live/packet_history.hpp"
#include "live/program_tables.hpp"
#include "live/sent_clock.hpp"
#include "live/ts_packet.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace millrace::live {

struct seam_limits {
  std::size_t history_packets = 350'000;      ///< about 64 MiB of stream in 2.8 MB
  std::chrono::milliseconds search_time{50};  ///< from a connection's first bytes
  /// Likewise, while its clock (PCR) lies before all that was ever sent: it has to get there first.
  std::chrono::milliseconds catch_up_time{5'000};
  std::size_t search_bytes = 16U << 20U;  ///< held back at most while searching
  std::size_t convincing_run = 8;         ///< equal essence packets in a row that are no accident
  std::size_t recording_packets = 64;     ///< compared to tell a recording from a live stream
};

struct seam_counters {
  std::uint64_t packets_cut = 0;    ///< repeats, not sent again
  std::uint64_t seamless = 0;       ///< connections joined without a gap or repeat
  std::uint64_t discontinuous = 0;  ///< connections joined with the discontinuity marked
};

/// Makes one stream of whole packets out of successive connections. Keeps no clock.
class seam {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  enum class verdict {
    flowing,    ///< packets go out as they come
    searching,  ///< held back until it is known whether they are repeats
    cutting,    ///< repeats are dropped
    recording   ///< the stream begins anew after a proper end: it is over, nothing goes out any more
  };

  explicit seam(const seam_limits& limits = {});
  seam(const seam&) = delete;
  seam& operator=(const seam&) = delete;

  /// The search time begins with the connection's first bytes, however long they take to come, and again
  /// where a repeat is interrupted, as by damaged packets.
  void begin_connection(time_point);
  /// The next connection is to another source: that it begins as the last one began does not make it a
  /// recording, since the last one may have ended because its server did.
  void change_source() noexcept { last_beginning_.clear(); }
  /// `properly`: the body ended as its framing says. What is still held back then goes to `out` as settle()
  /// would send it.
  void end_connection(bool properly, std::vector<std::byte>& out);

  /// Appends to `out` what is to be sent now.
  verdict take(std::span<const std::byte> whole_packets, time_point now, std::vector<std::byte>& out);
  /// To be called at settle_at(): decides with what there is. Before that time it does nothing.
  verdict settle(time_point now, std::vector<std::byte>& out);
  /// When packets that are held back wait no longer for more; none when nothing is held, or when more packets
  /// are needed to tell a recording.
  std::optional<time_point> settle_at() const noexcept;

  verdict current() const noexcept;
  const seam_counters& counters() const noexcept { return counters_; }
  /// Which PIDs carry tables, of all that came from upstream; not a source for packets().
  const program_tables& tables() const noexcept { return tables_; }

 private:
  enum class state {
    flowing,
    comparing,  ///< with the beginning of the last connection
    searching,
    cutting,
    trailing,  ///< behind the last repeated essence packet: tables and null packets may still repeat
    recording
  };
  enum class join : std::uint8_t {
    none,
    seamless,
    broken,
    out_of_turn  ///< a table, of which providers put one before all else, with any counter
  };
  struct pid_state {
    bool known = false;
    std::uint8_t counter = 0;
    join pending = join::none;  ///< how the next packet is joined to the last one
  };

  void step(packet_view packet, std::vector<std::byte>& out);
  void compare(packet_view packet, std::vector<std::byte>& out);
  void search(packet_view packet, fingerprint print, std::vector<std::byte>& out);
  void cut(packet_view packet, fingerprint print, std::vector<std::byte>& out);
  void pass_trailing(packet_view packet, fingerprint print, std::vector<std::byte>& out);
  void send(packet_view packet, fingerprint print, std::vector<std::byte>& out);
  bool is_behind(packet_view packet);
  void drop_held();
  void replay(std::span<const std::byte> packets, std::vector<std::byte>& out);
  bool act(std::vector<std::byte>& out);
  void decide(std::vector<std::byte>& out);
  void join_seamless();
  void join_broken();
  void remember_trailing();
  bool is_essence(pid_type pid) const noexcept { return pid != null_pid && !tables_.is_table(pid); }

  seam_limits limits_;
  seam_counters counters_;
  program_tables tables_;
  packet_history history_;
  sent_clock clock_;
  std::vector<pid_state> pids_;
  state state_ = state::flowing;
  time_point now_;
  std::optional<time_point> first_bytes_;  ///< of this connection
  time_point search_began_;
  bool behind_ = false;  ///< the connection has not come to what was sent yet, by its clock

  std::vector<fingerprint> beginning_;       ///< of this connection
  std::vector<fingerprint> last_beginning_;  ///< of the last one; empty unless it may have been a recording
  std::optional<overlap_search> search_;
  std::vector<std::byte> held_;
  std::vector<std::size_t> held_essence_;  ///< where in `held_` each essence packet ends
  std::unordered_map<std::uint64_t, std::size_t>
      trailing_;  ///< sent behind the last essence packet, how often
};

}  // namespace millrace::live
