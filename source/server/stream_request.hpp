#pragma once
// The queries of /stream and /stream/{id}: what to play, and how.

#include "core/settings.hpp"
#include "core/url.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

struct stream_request {
  std::string gid;             ///< of a task instead of a URL; empty: not given
  std::vector<url> sources;    ///< the URL and its mirrors, in failover order
  http::field_list headers;    ///< given for this request
  unsigned connections = 0;    ///< never more than the server's
  std::size_t chunk_size = 0;  ///< likewise
  std::string file_name;       ///< empty: not given
  std::string client_id;       ///< empty: not given

  /// "Name: value" lines of `headers`, for the stream's identity.
  std::string header_lines() const;
};

/// Why a query cannot be served.
struct bad_query {
  http::problem problem;
};

/// If the value of `url` begins with a literal http:// or https://, it runs to the end and is not decoded;
/// otherwise it ends at '&' and is decoded once, '+' stays '+'. Unknown parameters are ignored; a bad value
/// of a known one is a bad-request problem that names it. `gid` stands in the place of `url`, never beside
/// it.
boost::system::result<stream_request, bad_query> parse_stream_query(std::string_view query,
                                                                    const transfer_settings& limits);

/// Whether a /stream query names a GID and neither url, mirror nor header: a GID is a capability for what its
/// task names and for nothing else.
bool plays_gid_only(std::string_view query);

/// The query of /stream/{id}: connections, chunk_size, filename and client_id. Others are ignored.
boost::system::result<stream_request, bad_query> parse_play_query(std::string_view query,
                                                                  const transfer_settings& limits);

/// Required by boost::system::result<T, bad_query>::value(); millrace itself asks has_value() first.
[[noreturn]] void throw_exception_from_error(const bad_query& error, const boost::source_location& where);

}  // namespace millrace::server
