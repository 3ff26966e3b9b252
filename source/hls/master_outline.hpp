#pragma once
// What a multivariant playlist offers (draft-pantos-hls-rfc8216bis §4.4.6): variants and renditions.
// Variables are put in.

#include "hls/media_outline.hpp"
#include "hls/uri_walk.hpp"

#include <string>
#include <vector>

namespace millrace::hls {

/// EXT-X-STREAM-INF with its URI line, EXT-X-I-FRAME-STREAM-INF or EXT-X-IMAGE-STREAM-INF.
struct variant {
  tag kind = tag::stream_inf;
  line_index line = 0;            ///< the tag
  line_index uri_line = no_line;  ///< where the URI stands: the tag itself but for EXT-X-STREAM-INF
  std::int64_t bandwidth = 0;     ///< 0 when it is missing or no number
  std::int64_t average_bandwidth = 0;
  std::string codecs, resolution, name;
  std::string audio, video, subtitles, closed_captions;  ///< GROUP-IDs
};

/// EXT-X-MEDIA.
struct rendition {
  line_index line = 0;
  std::string type, group_id, name, language;
  bool has_uri = false;  ///< without one it is inside the variants
};

struct master_outline {
  std::vector<variant> variants;
  std::vector<rendition> renditions;
};

/// A variant without a URI line is left out.
parse_result<master_outline> outline_master(const playlist_source& source);

}  // namespace millrace::hls
