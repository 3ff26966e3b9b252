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

/// The same resource on the other sources of the stream, one after the other, for a fetch that has begun on
/// one of them. Owns what it needs: such a fetch may outlive the request that began it.
class resource_elsewhere {
 public:
  /// `tools` belong to the event loop that the fetch runs on.
  resource_elsewhere(const playlist_tools& tools, std::shared_ptr<presentation> of,
                     std::shared_ptr<const registry::stream_definition> definition,
                     upstream::request_profile profile, url resource, url used);

  /// Nothing when no source is left that has it.
  static async::awaitable<std::optional<url>> next(std::shared_ptr<resource_elsewhere> from);

 private:
  const playlist_tools& tools_;
  std::shared_ptr<presentation> of_;
  std::shared_ptr<const registry::stream_definition> definition_;
  upstream::request_profile profile_;
  url resource_, used_;
  std::size_t next_ = 0;
};

/// The first variant of a multivariant playlist, for players that know a media playlist only.
std::optional<playlist_place> first_variant(const seen_playlist& master);

}  // namespace millrace::hls
