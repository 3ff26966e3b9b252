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

  /// What comes next need not follow what came before.
  void restart();

  /// The next essence packet of the new connection.
  void advance(fingerprint packet);

  /// It is certain that everything up to now is a repeat.
  bool convinced() const noexcept { return convinced_; }
  /// After how many packets the history ended, once that is certain. Mostly the last one; an earlier one when
  /// it took more packets to rule out other places.
  std::optional<std::size_t> ended() const noexcept { return ended_; }
  /// It was convinced, and the last packet is no repeat any more.
  bool lost() const noexcept { return convinced_ && !ended_ && places_.empty(); }

  /// Time is up: makes the best of what there is, which is convinced(), ended() or neither.
  void conclude();

 private:
  struct place {
    std::size_t at = 0;        ///< of the last equal packet
    std::size_t since = 0;     ///< the packet of the connection that it began with; 1 is the first
    std::size_t evidence = 0;  ///< equal packets that are no filler
    bool unique = false;       ///< one of them occurs nowhere else in the history
  };
  struct finished {
    place which;
    std::size_t after = 0;  ///< packets of the connection
  };

  void index();
  std::size_t next(std::size_t at) const noexcept;
  std::vector<place> find(fingerprint packet) const;
  void follow(fingerprint packet, bool unique);
  void merge(const std::vector<place>& found);
  void retire_ended();
  void judge();
  void commit();
  bool convincing(const place& candidate) const noexcept { return candidate.evidence >= convincing_run_; }

  const program_tables* tables_;
  std::size_t convincing_run_;
  std::vector<fingerprint> essence_;    ///< of the history
  std::vector<std::uint32_t> buckets_;  ///< the latest place of each hash, plus one
  std::vector<std::uint32_t> earlier_;  ///< the one before in the same bucket, plus one
  std::vector<place> places_;           ///< oldest first
  std::size_t taken_ = 0;
  bool seen_solid_ = false;  ///< a packet that is no filler
  bool convinced_ = false;
  std::optional<std::size_t> ended_;
  std::optional<finished> finished_;  ///< the best that has reached the end without certainty
};

}  // namespace millrace::live
