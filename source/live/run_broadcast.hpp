#pragma once
// The life of a broadcast: reads its upstream, mends the seams, publishes, and goes off the air.

#include "live/air.hpp"

namespace millrace::live {

/// Runs on the home loop until the last client has been gone for live_settings::linger, the stream was a
/// recording, or no source gave a byte for --live-grace. `what` is in the hub already and leaves it here.
async::awaitable<void> run_broadcast(studio in, std::shared_ptr<broadcast> what, connection first,
                                     upstream::request_profile profile);

}  // namespace millrace::live
