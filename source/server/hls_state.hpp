#pragma once
// What HLS needs beyond one request.

#include "hls/playlist_tools.hpp"
#include "hls/presentation.hpp"
#include "transfer/segment_shelf.hpp"

#include <memory>

namespace millrace::server {

/// What became of opening a resource that several clients want at the same time.
struct resource_turn {
  transfer::segment_shelf::resource_ptr shared;  ///< null: each client fetches it for itself
  bool playlist = false;                         ///< it is a playlist, whatever it was asked as
};
using resource_flights = upstream::single_flight<fetch_result<resource_turn>>;

/// Shared by all event loops; each member is immutable or thread-safe by itself.
struct hls_state {
  /// A random secret where none is given.
  explicit hls_state(const hls_settings& config);

  const hls::sealing_key key;
  async::memory_budget playlist_room;  ///< outlives what is kept in it
  hls::presentation_list presentations;
  hls::playlist_flights playlists;
  resource_flights resources;
  transfer::segment_shelf shelf;
};

}  // namespace millrace::server
