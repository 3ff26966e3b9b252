#pragma once
// Where in the history a new connection continues: its essence packets are followed through every place that
// they may repeat, until places are ruled out or one reaches the end of the history.

#include "live/packet_history.hpp"
#include "live/program_tables.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace millrace::live {

/// Decides nothing about time and bytes. `tables` must outlive it.
class overlap_search {
 public:
  overlap_search(const packet_history& history, const program_tables& tables, std::size_t convincing_run);

  /// The next essence packet of the new connection.
  void advance(fingerprint packet);

  /// A place has a convincing run: everything up to now is a repeat.
  bool convinced() const noexcept { return convinced_; }
  /// A convincing run has reached the end of the history with the last packet.
  bool ended() const noexcept { return ended_; }
  /// No place is left that continues with the last packet.
  bool lost() const noexcept { return !ended_ && places_.empty(); }

  /// Time is up. True when the connection has matched from its first packet, or from the history's first,
  /// until now: then convinced().
  bool accept_unconvincing();
  /// After how many packets a run ended with the history which was too short to convince, if one did.
  std::optional<std::size_t> short_run() const noexcept { return short_run_; }

 private:
  struct place {
    std::size_t at = 0;        ///< of the last equal packet
    std::size_t evidence = 0;  ///< equal packets that are no filler
    bool anchored = false;     ///< from the first packet of the connection or of the history on
  };

  std::size_t next(std::size_t at) const noexcept;
  void index();
  void follow(fingerprint packet);
  void seed(fingerprint packet);
  void retire_ended();

  const program_tables* tables_;
  std::size_t convincing_run_;
  std::vector<fingerprint> essence_;    ///< of the history
  std::vector<std::uint32_t> buckets_;  ///< the latest place of each hash, plus one
  std::vector<std::uint32_t> earlier_;  ///< the one before in the same bucket, plus one
  std::vector<place> places_;           ///< oldest first
  std::size_t taken_ = 0;
  bool seen_solid_ = false;  ///< a packet that is no filler
  bool convinced_ = false;
  bool ended_ = false;
  std::optional<std::size_t> short_run_;
  std::size_t short_evidence_ = 0;
};

}  // namespace millrace::live
