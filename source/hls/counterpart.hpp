#pragma once
// Where something that players know by one source's URL is found on another source of the stream.

#include "hls/playlist_tools.hpp"
#include "hls/presentation.hpp"

namespace millrace::hls {

/// What a counterpart is looked for with; lives in the frame of the request.
struct lookup {
  const playlist_tools& tools;
  presentation& of;
  const registry::stream_definition& definition;
  const upstream::request_profile& profile;
};

struct playlist_place {
  url where;
  variable_list imported;
};

/// The playlist that stands for `wanted` on that source. Fetches the source's own playlist where it has not
/// been seen lately. errc::source_differs when nothing fits there, and the failures of fetch_playlist().
async::awaitable<fetch_result<playlist_place>> find_playlist(lookup with, url source, playlist_place wanted);

/// The same for a segment, key or other resource.
async::awaitable<fetch_result<url>> find_resource(lookup with, url source, url wanted);

/// The first variant of a multivariant playlist, for players that know a media playlist only.
std::optional<playlist_place> first_variant(const seen_playlist& master);

}  // namespace millrace::hls
