#pragma once
// Failover: which URL of the next source stands for a URL of the one that failed. Players hold URLs of both.

#include "hls/mapped_playlist.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::hls {

/// The playlist of `to` that stands for `wanted`: the multivariant playlist for itself; a variant or
/// rendition by equal relative URI, else by its type, GROUP-ID, NAME and LANGUAGE and the nearest BANDWIDTH.
/// nullopt when nothing fits.
std::optional<std::string> map_playlist(const mapped_master& from, const mapped_master& to,
                                        std::string_view wanted);

/// The segment, key or initialisation section of `to` that stands for `wanted`: by equal relative URI, else
/// by position when both are VOD. nullopt when nothing fits.
std::optional<std::string> map_resource(const mapped_media& from, const mapped_media& to,
                                        std::string_view wanted);

}  // namespace millrace::hls
