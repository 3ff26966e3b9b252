#pragma once
// A stream's playlist for a player: fetched once for all who ask at the same time, from the source that
// works, rewritten.

#include "hls/playlist_tools.hpp"
#include "hls/presentation.hpp"

namespace millrace::hls {

/// What a player asks for.
struct playlist_request {
  url target;  ///< as its URL says; the stream's primary URL for its own playlist
  variable_list imported = {};
  bool posted = false;     ///< by a URL that was made for a posted stream
  std::string query = {};  ///< of the request; only the directives in it count
};

/// The failure of the last source when none gives the playlist; errc::not_a_playlist also for playlists that
/// cannot be rewritten.
async::awaitable<fetch_result<served_ptr>> get_playlist(const playlist_tools& tools, presentation& of,
                                                        std::shared_ptr<registry::stream> stream,
                                                        upstream::request_profile profile,
                                                        playlist_request asked);

}  // namespace millrace::hls
