#pragma once
// A playlist of one source with all its references resolved: what failover maps from and to.

#include "hls/master_outline.hpp"
#include "hls/media_outline.hpp"
#include "hls/uri_walk.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::hls {

/// What leads from one URL's folder to another: "seg.ts", "../audio/a.m3u8?x"; the URL itself when the
/// origins differ. Equal ones of two sources are taken for the same thing.
std::string relative_reference(std::string_view base, std::string_view absolute);

/// Every reference of a playlist, resolved.
struct mapped_uri {
  std::size_t line;
  tag where;
  uri_kind kind;
  std::string absolute;
  std::string relative;  ///< to the playlist that it stands in
};

/// A playlist of one source, ready to be mapped from or to.
struct mapped_master {
  std::string base;  ///< where it came from, after redirects
  std::vector<mapped_uri> uris;
  master_outline outline;

  /// Problems as those of rewriting.
  static parse_result<mapped_master> read(const playlist_source& source);
};

struct mapped_media {
  std::string base;
  std::vector<mapped_uri> uris;
  media_outline outline;

  static parse_result<mapped_media> read(const playlist_source& source);
};

/// The URL that the attributes or the text of a line lead to; nullptr when there is none.
const std::string* absolute_at(const std::vector<mapped_uri>& uris, std::size_t line) noexcept;

}  // namespace millrace::hls
