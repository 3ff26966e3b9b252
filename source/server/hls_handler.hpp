#pragma once
// GET|HEAD /hls/{id}/playlist.m3u8 and everything that its playlists lead to.

#include "server/request_context.hpp"

namespace millrace::server {

async::awaitable<void> handle_hls(request_context& context);

}  // namespace millrace::server
