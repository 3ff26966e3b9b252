#include "server/hls_request.hpp"

#include "registry/identity.hpp"

#include <algorithm>

namespace millrace::server {

namespace {

using http::problem_code;

bad_query refuse(problem_code code, std::string detail) {
  return {{.code = code, .detail = std::move(detail), .status = {}}};
}

/// The last segment of the path, as it came.
std::string_view name_of(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  return path.substr(path.rfind('/') + 1);
}

std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

/// The parameters that a stream's own playlist takes; people may add others to it.
std::string own_query(std::string_view query) {
  std::string kept;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!pair.starts_with("client_id=") && !pair.starts_with("_HLS_")) continue;
    if (!kept.empty()) kept += '&';
    kept += pair;
  }
  return kept;
}

bool has_token(std::string_view query) {
  return query.starts_with("t=") || query.find("&t=") != std::string_view::npos;
}

}  // namespace

boost::system::result<hls_request, bad_query> parse_hls_request(std::string_view stream_id,
                                                                std::string_view target,
                                                                hls::url_sealer& sealer) {
  const auto name = name_of(target);
  hls_request asked{.stream_id = std::string(stream_id),
                    .client_id = {},
                    .query = std::string(query_of(target)),
                    .sealed = {}};
  const bool sealed = has_token(asked.query);
  if (!sealed && percent_decode(name) != "playlist.m3u8")
    return refuse(problem_code::forbidden,
                  "This URL is not complete. Play the stream's /hls/" + asked.stream_id + "/playlist.m3u8.");
  if (!sealed) asked.query = own_query(asked.query);
  const auto query = hls::split_media_query(asked.query);
  if (!query) {
    return refuse(problem_code::forbidden,
                  "This URL was changed: only parameters that begin with _HLS_ may be added to it.");
  }
  asked.client_id = query->client_id;
  if (!asked.client_id.empty() && !registry::is_client_id(asked.client_id))
    return refuse(problem_code::bad_request,
                  "client_id: 1 to 64 letters, digits, dots, dashes, underscores.");
  if (!sealed) return asked;
  auto opened = sealer.open(stream_id, name, query->token);
  if (!opened) {
    return refuse(problem_code::forbidden,
                  "This URL was not made by this server, or before it started anew: load the stream's "
                  "playlist again.");
  }
  asked.sealed = std::move(*opened);
  return asked;
}

}  // namespace millrace::server
