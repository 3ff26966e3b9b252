#pragma once
// The response to a request for a playlist.

#include "hls/playlist_service.hpp"
#include "server/playing.hpp"

namespace millrace::server {

/// The rewritten playlist with this client's id in its URLs, or a problem document.
async::awaitable<void> respond_playlist(playing& play, hls::presentation& of, hls::playlist_request asked);

/// Whether web pages may read what came from there: not what a request with ?url= alone has opened at home.
bool may_read(const playing& play, const url& location, const boost::asio::ip::tcp::endpoint& remote);
/// The stream could not give what was asked for.
async::awaitable<void> refuse_hls(playing& play, failure cause);

}  // namespace millrace::server
