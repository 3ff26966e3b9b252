#pragma once
// A synthetic MPEG transport stream (ISO/IEC 13818-1 §2.4) without end: each packet follows from the seed,
// the bit rate and its number alone, so that anybody can tell what a stretch of the broadcast looks like.
//
// 25 pictures a second (a key frame each 24), a PES packet of H.264 and one of AAC per picture, PCR with each
// picture, PAT and PMT with every second one. The pictures are real (16x16 grey), the rest is filler.
// Packets of video and audio end with a mark: seed, packet number, ordinal among the marked, checksum.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace millrace::origin {

inline constexpr std::size_t ts_packet_size = 188;
inline constexpr std::uint16_t ts_pat_pid = 0;
inline constexpr std::uint16_t ts_pmt_pid = 0x1000;
inline constexpr std::uint16_t ts_video_pid = 0x100;
inline constexpr std::uint16_t ts_audio_pid = 0x101;
inline constexpr std::uint16_t ts_null_pid = 0x1fff;

/// Below the lower one, PCR and tables would come more seldom than the standard wants.
inline constexpr std::uint64_t least_ts_rate = 700'000;
inline constexpr std::uint64_t most_ts_rate = 400'000'000;

enum class ts_kind { pat, pmt, video, audio, null };

/// What a packet of video or audio says of itself.
struct ts_mark {
  std::uint64_t seed = 0;
  std::uint64_t number = 0;   ///< of the packet in the broadcast, from 0
  std::uint64_t ordinal = 0;  ///< counts the marked packets alone: nothing is missing between n and n + 1
  bool intact = false;        ///< the checksum over the payload is right
};

/// The mark of one packet, nothing when it has none.
std::optional<ts_mark> read_ts_mark(std::span<const char> packet);

/// CRC of ISO/IEC 13818-1 annex A.
std::uint32_t ts_crc(std::string_view bytes);

/// Immutable and cheap to copy.
class ts_stream {
 public:
  using seconds = std::chrono::duration<double>;

  /// Rates outside [least_ts_rate, most_ts_rate] throw std::invalid_argument.
  explicit ts_stream(std::uint64_t seed, std::uint64_t bit_rate = 8'000'000);

  /// The same broadcast as another encoder would send it that was started at packet `first`: continuity
  /// counters and time stamps begin anew there, and the filler of all packets differs by `salt`. For packets
  /// from `first` on.
  ts_stream restamped(std::uint64_t first, std::uint64_t salt) const;

  std::uint64_t bit_rate() const { return bit_rate_; }
  ts_kind kind_of(std::uint64_t number) const;
  /// How many marked packets come before this one: the ordinal of the next marked.
  std::uint64_t marked_before(std::uint64_t number) const;
  /// When it is broadcast.
  seconds time_of(std::uint64_t number) const;
  /// How many packets are broadcast in so much time, rounded down.
  std::uint64_t packets_in(seconds time) const;

  /// Writes the packet; `out` has ts_packet_size bytes.
  void write(std::uint64_t number, std::span<char> out) const;
  /// A PAT or PMT with a continuity counter of its own.
  void write_table(ts_kind table, unsigned counter, std::span<char> out) const;

 private:
  /// Packets of each kind before a place in the layout, in the order of ts_kind.
  struct place {
    ts_kind kind = ts_kind::null;
    std::uint64_t before[5]{};
  };

  std::uint64_t count_before(ts_kind kind, std::uint64_t number) const;
  std::uint64_t clock_27mhz(std::uint64_t number) const;
  void fill_video(std::uint64_t number, std::span<char> out) const;
  void fill_audio(std::uint64_t number, std::span<char> out) const;
  void put_mark(std::uint64_t number, std::span<char> payload) const;

  std::uint64_t seed_;
  std::uint64_t bit_rate_;
  std::uint64_t per_picture_;  // packets
  std::uint64_t salt_ = 0;
  std::uint64_t anchor_ = 0;                          // counters and time stamps begin here
  std::shared_ptr<const std::vector<place>> layout_;  // two pictures, and one more entry with the sums
};

}  // namespace millrace::origin
