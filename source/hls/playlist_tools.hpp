#pragma once
// What working with playlists needs on one event loop.

#include "core/settings.hpp"
#include "hls/sealed_url.hpp"
#include "hls/track.hpp"
#include "upstream/services.hpp"
#include "upstream/single_flight.hpp"

namespace millrace::hls {

using playlist_flights = upstream::single_flight<fetch_result<served_ptr>>;

/// Owned by the event loop's worker; the flights are shared by all of them.
struct playlist_tools {
  const upstream::services& files;    ///< with the patience of files
  const upstream::services& live;     ///< with that of live streams
  const upstream::services& patient;  ///< for answers that wait for the next segment or part
  url_sealer& sealer;                 ///< this event loop's own
  playlist_flights& flights;
  async::memory_budget& room;  ///< for the rewritten texts that are kept; shared
};

}  // namespace millrace::hls
