#pragma once
// The tags of draft-pantos-hls-rfc8216bis §4.4 that mean something to millrace.

#include <cstdint>
#include <string_view>

namespace millrace::hls {

enum class tag : std::uint8_t {
  blank,    ///< an empty line, or one of white space
  comment,  ///< begins with '#', but not with "#EXT"
  unknown,  ///< any other tag
  uri,      ///< no tag: the line is a URI reference
  m3u,
  define,
  // Media playlists.
  target_duration,
  media_sequence,
  discontinuity_sequence,
  end_list,
  playlist_type,
  i_frames_only,
  skip,
  rendition_report,
  preload_hint,
  // Segments.
  inf,
  byte_range,
  discontinuity,
  key,
  map,
  program_date_time,
  gap,
  bitrate,
  part,
  date_range,
  // Multivariant playlists.
  media,
  stream_inf,
  i_frame_stream_inf,
  image_stream_inf,
  session_data,
  session_key,
  content_steering,
};

struct recognised_tag {
  tag what;
  std::uint8_t value_begin;  ///< where the text after "#NAME:" begins in the line; its size without one
};

/// `line` begins with '#' and has no white space around it. Names are case-sensitive (§4.1).
recognised_tag recognise_tag(std::string_view line) noexcept;

/// Stands in multivariant playlists only (§4.4.6).
constexpr bool is_master_tag(tag what) noexcept {
  return what >= tag::media;
}

/// Belongs to the media segment that follows (§4.4.4), parts included.
constexpr bool is_segment_tag(tag what) noexcept {
  return what >= tag::inf && what <= tag::part;
}

}  // namespace millrace::hls
