#pragma once
// What a media playlist says (draft-pantos-hls-rfc8216bis §4.4.3, §4.4.4): its segments and what is in force
// for them.

#include "hls/playlist.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace millrace::hls {

/// Index into the lines of a playlist.
using line_index = std::uint32_t;
inline constexpr line_index no_line = UINT32_MAX;

enum class playlist_type { unspecified, event, vod };

struct segment {
  std::int64_t number = 0;                ///< media sequence number
  std::int64_t discontinuity_number = 0;  ///< discontinuity sequence number (§6.2.1)
  std::chrono::microseconds duration{};   ///< 0 without EXTINF; playlists of channels say -1
  /// Of the sub-range of its resource; the offset is always there then.
  std::optional<std::int64_t> offset = {}, length = {};
  line_index line = 0;         ///< its URI
  line_index first_line = 0;   ///< the first line that belongs to it
  line_index map = no_line;    ///< the EXT-X-MAP in force
  std::uint32_t keys = 0;      ///< index into `media_outline::key_sets`
  bool discontinuity = false;  ///< EXT-X-DISCONTINUITY stands before it
  bool gap = false;
};

/// The EXT-X-KEYs in force together: one for each KEYFORMAT. Empty when nothing is encrypted.
using key_set = std::vector<line_index>;
inline constexpr std::size_t most_key_formats = 16;

struct media_outline {
  std::int64_t media_sequence = 0;
  std::int64_t discontinuity_sequence = 0;
  std::int64_t skipped = 0;  ///< segments that a delta update leaves out at the front
  std::optional<std::chrono::seconds> target_duration = {};
  playlist_type type = playlist_type::unspecified;
  bool ended = false;
  bool i_frames_only = false;
  line_index media_sequence_line = no_line;
  line_index discontinuity_sequence_line = no_line;
  std::vector<segment> segments = {};
  std::vector<key_set> key_sets = {key_set{}};

  /// It may change, so it is asked for again.
  bool is_live() const noexcept { return !ended && type != playlist_type::vod; }
};

/// Problems: bad_number, bad_attributes, too_many_keys. A multivariant playlist is read as if its variants
/// were segments: ask `is_master` first.
parse_result<media_outline> outline_media(const playlist& text);

}  // namespace millrace::hls
