#pragma once
// Live failover: a player that has followed one source goes on with another. Unless both are the same stream,
// the new one's numbers are moved so that its first segment follows the last one told, behind one
// EXT-X-DISCONTINUITY.

#include "hls/media_outline.hpp"
#include "hls/rewriter.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace millrace::hls {

/// What one media playlist of a stream carries from reload to reload. Copyable; the same reloads always give
/// the same texts.
struct live_state {
  std::size_t source = 0;                ///< which source the last playlist came from
  bool begun = false;                    ///< a playlist with segments was seen
  std::int64_t shift = 0;                ///< told minus upstream media sequence number
  std::int64_t discontinuity_shift = 0;  ///< the same for discontinuity sequence numbers
  std::int64_t last_number = 0;          ///< the highest media sequence number told
  std::int64_t last_discontinuity = 0;   ///< the discontinuity sequence number of that segment
  /// The new source's first segment, in its own numbers, until it has slid out of the window.
  std::optional<std::int64_t> seam = {};
  bool seam_is_ours = false;  ///< the upstream has no EXT-X-DISCONTINUITY there
  /// The window of the last playlist in its source's numbers, to recognise the same stream elsewhere.
  std::int64_t window_begin = 0;
  std::vector<std::uint64_t> window_names = {};

  bool operator==(const live_state&) const = default;
};

/// Takes the next playlist of the stream, which came from the source with this index, and returns what has to
/// be changed in it for `rewrite`; nothing as long as no other stream took over. Two sources are the same
/// stream when their windows have numbers in common and the same file name for each of those.
std::vector<text_edit> continue_live(live_state& state, const playlist& text, const media_outline& outline,
                                     std::size_t source);

/// The upstream's number for the media sequence number of a player (`_HLS_msn`); nullopt for one that this
/// source never had.
std::optional<std::int64_t> upstream_number(const live_state& state, std::int64_t told) noexcept;

}  // namespace millrace::hls
