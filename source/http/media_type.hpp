#pragma once
// Media types and file extensions of what players read.

#include <string>
#include <string_view>

namespace millrace::http {

/// "video/mp4" for "film.MP4"; empty when the extension is unknown.
std::string_view type_of_extension(std::string_view file_name) noexcept;
/// ".mp4" for "video/mp4; codecs=…"; empty when unknown.
std::string_view extension_of_type(std::string_view media_type) noexcept;
/// MPEG-TS by any of its names: video/mp2t, video/mpegts, application/x-mpegts, …
bool is_transport_stream(std::string_view media_type) noexcept;
/// An HLS playlist by any of its names: application/vnd.apple.mpegurl, audio/mpegurl, …
bool is_playlist(std::string_view media_type) noexcept;
/// Missing, application/octet-stream or binary/octet-stream: says nothing.
bool is_generic(std::string_view media_type) noexcept;
/// Whether the name ends in a plausible extension: a dot, then 1–8 letters or digits, and something before
/// the dot.
bool has_extension(std::string_view file_name) noexcept;

}  // namespace millrace::http
