#pragma once
// A playlist from its upstream URL: one try, through redirects and content codings.

#include "hls/playlist.hpp"
#include "upstream/range_fetch.hpp"

namespace millrace::hls {

struct fetched_playlist {
  playlist text;
  url location;  ///< the final URL after redirects: what references resolve against
  boost::asio::ip::tcp::endpoint remote;
};

/// One try at one URL, without Range. Begins at the location that url_memory knows; when that answers 401,
/// 403, 404 or 410, the original URL is asked once more. Failures: those of upstream::follow_redirects();
/// errc::unexpected_status for every status but 200; errc::connection_lost and the like for a body that
/// breaks off; errc::not_a_playlist, with the reason in plain words, for everything that cannot be decoded to
/// a text that begins with #EXTM3U, of at most `largest_playlist`.
async::awaitable<fetch_result<fetched_playlist>> fetch_playlist(const upstream::services& with,
                                                                upstream::request_profile profile,
                                                                url target);

/// Reads the body of a 200 answer to its end and parses it. `begun` are bytes of it that were read before.
async::awaitable<fetch_result<fetched_playlist>> read_playlist(upstream::range_answer answer,
                                                               std::string begun = {});

}  // namespace millrace::hls
