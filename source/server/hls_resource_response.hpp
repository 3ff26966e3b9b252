#pragma once
// The response to a request for a segment, key, initialisation section or the like.

#include "hls/presentation.hpp"
#include "hls/sealed_url.hpp"
#include "server/playing.hpp"

namespace millrace::server {

enum class resource_outcome {
  answered,
  playlist,  ///< nothing was sent: it is a playlist
};

/// From one upstream fetch for all clients that want it at the same time, and for the newest segments of live
/// streams also later; for this client alone where it is too large for that.
async::awaitable<resource_outcome> respond_resource(playing& play, hls::presentation& of,
                                                    const hls::unsealed_url& asked);

}  // namespace millrace::server
