#include "hls/tag.hpp"

#include <algorithm>
#include <array>

namespace millrace::hls {

namespace {

struct tag_name {
  std::string_view name;
  tag what;
};

constexpr std::string_view extinf = "#EXTINF:";

/// By length, so that at most a few names are compared.
constexpr auto names = [] {
  std::array list{
      tag_name{"#EXTM3U", tag::m3u},
      tag_name{"#EXT-X-DEFINE", tag::define},
      tag_name{"#EXT-X-TARGETDURATION", tag::target_duration},
      tag_name{"#EXT-X-MEDIA-SEQUENCE", tag::media_sequence},
      tag_name{"#EXT-X-DISCONTINUITY-SEQUENCE", tag::discontinuity_sequence},
      tag_name{"#EXT-X-ENDLIST", tag::end_list},
      tag_name{"#EXT-X-PLAYLIST-TYPE", tag::playlist_type},
      tag_name{"#EXT-X-I-FRAMES-ONLY", tag::i_frames_only},
      tag_name{"#EXT-X-SKIP", tag::skip},
      tag_name{"#EXT-X-RENDITION-REPORT", tag::rendition_report},
      tag_name{"#EXT-X-PRELOAD-HINT", tag::preload_hint},
      tag_name{"#EXTINF", tag::inf},
      tag_name{"#EXT-X-BYTERANGE", tag::byte_range},
      tag_name{"#EXT-X-DISCONTINUITY", tag::discontinuity},
      tag_name{"#EXT-X-KEY", tag::key},
      tag_name{"#EXT-X-MAP", tag::map},
      tag_name{"#EXT-X-PROGRAM-DATE-TIME", tag::program_date_time},
      tag_name{"#EXT-X-GAP", tag::gap},
      tag_name{"#EXT-X-BITRATE", tag::bitrate},
      tag_name{"#EXT-X-PART", tag::part},
      tag_name{"#EXT-X-DATERANGE", tag::date_range},
      tag_name{"#EXT-X-MEDIA", tag::media},
      tag_name{"#EXT-X-STREAM-INF", tag::stream_inf},
      tag_name{"#EXT-X-I-FRAME-STREAM-INF", tag::i_frame_stream_inf},
      tag_name{"#EXT-X-IMAGE-STREAM-INF", tag::image_stream_inf},
      tag_name{"#EXT-X-SESSION-DATA", tag::session_data},
      tag_name{"#EXT-X-SESSION-KEY", tag::session_key},
      tag_name{"#EXT-X-CONTENT-STEERING", tag::content_steering},
  };
  std::sort(list.begin(), list.end(),
            [](const tag_name& a, const tag_name& b) { return a.name.size() < b.name.size(); });
  return list;
}();

constexpr std::size_t longest_name = names.back().name.size();

/// Where the names of each length begin in `names`.
constexpr auto first_of_length = [] {
  std::array<std::uint8_t, longest_name + 2> first{};
  for (std::size_t length = 0; length < first.size(); ++length) {
    std::uint8_t i = 0;
    while (i < names.size() && names[i].name.size() < length)
      ++i;
    first[length] = i;
  }
  return first;
}();

}  // namespace

recognised_tag recognise_tag(std::string_view line) noexcept {
  if (line.starts_with(extinf)) return {tag::inf, extinf.size()};
  if (!line.starts_with("#EXT")) return {tag::comment, 0};
  // Whatever follows, a body that begins so is a playlist: its first line may carry attributes.
  if (line.starts_with("#EXTM3U")) return {tag::m3u, 7};
  const auto head = line.substr(0, longest_name + 1);
  const auto colon = head.find(':');
  const auto name = head.substr(0, colon);
  if (name.size() > longest_name) return {tag::unknown, 0};
  for (auto i = first_of_length[name.size()]; i < first_of_length[name.size() + 1]; ++i) {
    if (names[i].name != name) continue;
    const auto value = name.size() + (colon == std::string_view::npos ? 0 : 1);
    return {names[i].what, static_cast<std::uint8_t>(value)};
  }
  return {tag::unknown, 0};
}

}  // namespace millrace::hls
