#pragma once
// The response to a client of a live stream.

#include "live/broadcast.hpp"
#include "server/playing.hpp"

namespace millrace::server {

/// The answer to HEAD: nothing in it needs the upstream.
async::awaitable<void> respond_live_head(playing& play, std::string file_name);

/// The stream could not be opened: a problem document.
async::awaitable<void> refuse_live(playing& play, failure cause);

/// Sends what is broadcast until the client leaves or the broadcast ends; the Range of the request is
/// ignored. A broadcast that ends before its first packet becomes a problem document.
async::awaitable<void> serve_live(playing& play, std::unique_ptr<live::seat> seat, std::string file_name);

}  // namespace millrace::server
