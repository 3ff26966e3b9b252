#pragma once
// The URLs below /hls/: a stream's own playlist, and what its playlists lead to.

#include "hls/media_query.hpp"
#include "hls/sealed_url.hpp"
#include "http/problem.hpp"
#include "server/stream_request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::server {

struct hls_request {
  std::string stream_id;
  std::string client_id;                    ///< empty: not given
  std::string query;                        ///< for its delivery directives
  std::optional<hls::unsealed_url> sealed;  ///< nothing: the stream's own playlist
};

/// `target` is the request target as it came: `/hls/ID/NAME?query`. A URL with anything in it that millrace
/// did not write is a forbidden problem, /hls/ID/NAME without a token a not-found one.
boost::system::result<hls_request, bad_query> parse_hls_request(std::string_view stream_id,
                                                                std::string_view target,
                                                                hls::url_sealer& sealer);

}  // namespace millrace::server
