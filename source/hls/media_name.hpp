#pragma once
// The file name that a rewritten URI ends in: players look at its extension.

#include "hls/uri_walk.hpp"

#include <string>
#include <string_view>

namespace millrace::hls {

/// The same name as it stands in the rewritten path, and decoded. Most are alike.
struct media_name {
  std::string encoded;
  std::string decoded;
  bool verbatim = false;  ///< both are the last path segment of the URL, byte for byte
};

/// The last path segment of an absolute URL's text; empty when the path ends in '/' or is missing.
std::string_view last_path_segment(std::string_view absolute) noexcept;

/// Sanitised (`http::safe_file_name`) and percent-encoded but for unreserved characters; "playlist.m3u8" or
/// "segment" for a URL without a name.
media_name name_of(std::string_view absolute, uri_kind kind);

}  // namespace millrace::hls
