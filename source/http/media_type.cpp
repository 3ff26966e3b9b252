#include "http/media_type.hpp"

#include "http/characters.hpp"
#include "http/message.hpp"

#include <algorithm>
#include <array>

namespace millrace::http {

namespace {

struct association {
  std::string_view extension;
  std::string_view type;
};

/// Of several extensions with one type the first is given to files; further spellings of a type stand below.
constexpr auto associations = std::to_array<association>({
    {".mp4", "video/mp4"},
    {".m4v", "video/x-m4v"},
    {".mkv", "video/x-matroska"},
    {".webm", "video/webm"},
    {".avi", "video/x-msvideo"},
    {".mov", "video/quicktime"},
    {".qt", "video/quicktime"},
    {".flv", "video/x-flv"},
    {".f4v", "video/mp4"},
    {".wmv", "video/x-ms-wmv"},
    {".asf", "video/x-ms-asf"},
    {".mpg", "video/mpeg"},
    {".mpeg", "video/mpeg"},
    {".mpe", "video/mpeg"},
    {".vob", "video/mpeg"},
    {".ts", "video/mp2t"},
    {".m2ts", "video/mp2t"},
    {".mts", "video/mp2t"},
    {".ogv", "video/ogg"},
    {".3gp", "video/3gpp"},
    {".3g2", "video/3gpp2"},
    {".m4s", "video/iso.segment"},
    {".mp3", "audio/mpeg"},
    {".aac", "audio/aac"},
    {".m4a", "audio/mp4"},
    {".m4b", "audio/mp4"},
    {".mka", "audio/x-matroska"},
    {".weba", "audio/webm"},
    {".flac", "audio/flac"},
    {".ogg", "audio/ogg"},
    {".oga", "audio/ogg"},
    {".opus", "audio/ogg"},
    {".wav", "audio/wav"},
    {".wma", "audio/x-ms-wma"},
    {".aif", "audio/aiff"},
    {".aiff", "audio/aiff"},
    {".ac3", "audio/ac3"},
    {".ec3", "audio/eac3"},
    {".eac3", "audio/eac3"},
    {".mid", "audio/midi"},
    {".m3u8", "application/vnd.apple.mpegurl"},
    {".m3u", "audio/x-mpegurl"},
    {".mpd", "application/dash+xml"},
    {".key", "application/octet-stream"},
    {".vtt", "text/vtt"},
    {".webvtt", "text/vtt"},
    {".srt", "application/x-subrip"},
    {".ass", "text/x-ssa"},
    {".ssa", "text/x-ssa"},
    {".ttml", "application/ttml+xml"},
    {".dfxp", "application/ttml+xml"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".png", "image/png"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
    {".html", "text/html"},
    {".htm", "text/html"},
    {".txt", "text/plain"},
    {".xml", "application/xml"},
    {".pdf", "application/pdf"},
    {".zip", "application/zip"},
});

constexpr auto other_spellings = std::to_array<association>({
    {".mkv", "video/matroska"},
    {".mkv", "application/x-matroska"},
    {".avi", "video/avi"},
    {".avi", "video/msvideo"},
    {".flv", "video/flv"},
    {".m4v", "video/m4v"},
    {".ts", "video/mpegts"},
    {".ts", "video/x-mpegts"},
    {".mp4", "application/mp4"},
    {".mp3", "audio/mp3"},
    {".mp3", "audio/mpeg3"},
    {".mp3", "audio/x-mp3"},
    {".aac", "audio/x-aac"},
    {".aac", "audio/aacp"},
    {".m4a", "audio/m4a"},
    {".m4a", "audio/x-m4a"},
    {".mka", "audio/matroska"},
    {".flac", "audio/x-flac"},
    {".ogg", "application/ogg"},
    {".opus", "audio/opus"},
    {".wav", "audio/x-wav"},
    {".wav", "audio/wave"},
    {".wav", "audio/vnd.wave"},
    {".aiff", "audio/x-aiff"},
    {".m3u8", "application/x-mpegurl"},
    {".m3u8", "application/mpegurl"},
    {".m3u8", "audio/mpegurl"},
    {".srt", "text/srt"},
    {".ass", "text/x-ass"},
    {".xml", "text/xml"},
    {".m4s", "audio/iso.segment"},
});

/// Without parameters.
std::string_view essence(std::string_view media_type) noexcept {
  return trim(media_type.substr(0, media_type.find(';')));
}

std::string_view find_extension(std::string_view type) noexcept {
  const auto is_it = [type](const association& each) { return equal_ignoring_case(each.type, type); };
  if (const auto found = std::find_if(associations.begin(), associations.end(), is_it);
      found != associations.end()) {
    return found->extension;
  }
  const auto found = std::find_if(other_spellings.begin(), other_spellings.end(), is_it);
  return found != other_spellings.end() ? found->extension : std::string_view();
}

}  // namespace

std::string_view type_of_extension(std::string_view file_name) noexcept {
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const auto extension = file_name.substr(dot);
  const auto found = std::find_if(
      associations.begin(), associations.end(),
      [extension](const association& each) { return equal_ignoring_case(each.extension, extension); });
  return found != associations.end() ? found->type : std::string_view();
}

std::string_view extension_of_type(std::string_view media_type) noexcept {
  return is_generic(media_type) ? std::string_view() : find_extension(essence(media_type));
}

bool is_transport_stream(std::string_view media_type) noexcept {
  return extension_of_type(media_type) == ".ts";
}

bool is_playlist(std::string_view media_type) noexcept {
  const auto extension = extension_of_type(media_type);
  return extension == ".m3u8" || extension == ".m3u";
}

bool is_generic(std::string_view media_type) noexcept {
  const auto type = essence(media_type);
  return type.empty() || equal_ignoring_case(type, "application/octet-stream") ||
         equal_ignoring_case(type, "binary/octet-stream");
}

bool has_extension(std::string_view file_name) noexcept {
  constexpr std::size_t longest = 8;
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const auto extension = file_name.substr(dot + 1);
  return !extension.empty() && extension.size() <= longest &&
         std::all_of(extension.begin(), extension.end(), [](char c) {
           return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
         });
}

}  // namespace millrace::http
