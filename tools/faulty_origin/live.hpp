#pragma once
// A path that broadcasts: a transport stream that goes on whether anybody listens or not, and the habits of
// the providers that send it. All durations are stream time: with speed 2 they pass twice as fast.
//
//   behaviour rules{.seed = 7};
//   rules.live = live_source{.bit_rate = 80'000'000, .repeat = 2s, .close_after = 10s};

#include "condition.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace millrace::origin {

struct live_source {
  using milliseconds = std::chrono::milliseconds;

  /// Where a new connection begins, before `repeat` and `gap`.
  enum class beginning {
    present,   ///< what is broadcast just now
    last_end,  ///< one past the last packet that this path has sent to anybody (the first time: the present).
               ///< Does not depend on how long the client takes to come back.
  };

  enum class ending {
    close,  ///< properly: last chunk, or FIN
    cut,    ///< FIN without the last chunk; the same as close without chunks
    reset,  ///< RST; may take bytes along that the client has not read yet
    stall,  ///< sends nothing more, stays open
  };

  /// What a Range request gets.
  enum class range_reply {
    ignore,         ///< 200, as without it
    unknown_total,  ///< 206 with "Content-Range: bytes N-*/*"; also by lie::unknown_total
    unsatisfiable,  ///< 416
    forbidden,      ///< 403
  };

  std::uint64_t bit_rate = 8'000'000;  ///< of the stream; the seed is behaviour::seed
  double speed = 1;                    ///< how fast stream time passes, the rate on the wire follows

  /// Paths with the same timeline, age, seed, rate and speed send the same broadcast. Empty: begins when the
  /// server is made; a named one with its first request.
  std::string timeline{};
  milliseconds age{60'000};  ///< broadcast before the timeline begins

  beginning begin = beginning::present;
  milliseconds repeat{0};  ///< begins so much earlier; what is before the present comes at once
  milliseconds gap{0};     ///< at least so much after the path's last packet is never sent

  std::optional<milliseconds> close_after{};           ///< ends so long after its head, backlog not counted
  std::optional<std::uint64_t> close_after_packets{};  ///< ends after so many in all
  ending end = ending::close;
  unsigned torn = 0;      ///< bytes of one more packet that go before the end, below 188
  condition ends_when{};  ///< other connections go on for ever

  bool restamp = false;       ///< counters, time stamps and filler of each connection are its own
  bool tables_first = false;  ///< begins with PAT and PMT out of turn, whose counters fit nothing
  unsigned misaligned = 0;    ///< bytes of the first packet that are missing, below 188
  std::optional<std::uint64_t> garbage_at{};  ///< after so many body bytes come `garbage` bytes of noise
  std::uint64_t garbage = 100;

  /// Not a broadcast: these packets, from packet 0 on, on every connection, then the end. Timeline, begin,
  /// repeat and gap do not count.
  std::optional<std::uint64_t> recording{};
  bool paced = false;  ///< a recording comes at its bit rate, otherwise as fast as it goes

  range_reply ranges = range_reply::ignore;
};

}  // namespace millrace::origin
