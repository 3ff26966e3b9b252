#include "hls/media_name.hpp"

#include "core/url.hpp"
#include "http/characters.hpp"
#include "http/content_disposition.hpp"

#include <algorithm>

namespace millrace::hls {

namespace {

constexpr std::size_t longest_name = 255;

constexpr auto unreserved = http::make_character_set([](unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
});

/// What sanitising and encoding would leave as it is.
bool is_safe(std::string_view name) noexcept {
  return name.size() <= longest_name && name.front() != '.' && name.back() != '.' &&
         http::consists_of(unreserved, name);
}

}  // namespace

std::string_view last_path_segment(std::string_view absolute) noexcept {
  absolute = absolute.substr(0, absolute.find_first_of("?#"));
  const auto authority = absolute.find("://");
  const auto slash = absolute.rfind('/');
  if (slash == std::string_view::npos || authority == std::string_view::npos || slash <= authority + 2)
    return {};
  return absolute.substr(slash + 1);
}

media_name name_of(std::string_view absolute, uri_kind kind) {
  const auto segment = last_path_segment(absolute);
  if (segment.empty()) {
    const std::string name = kind == uri_kind::playlist ? "playlist.m3u8" : "segment";
    return {name, name};
  }
  if (is_safe(segment)) return {std::string(segment), std::string(segment), true};
  media_name made;
  made.decoded = http::safe_file_name(percent_decode(segment));
  made.encoded = percent_encode(made.decoded);
  return made;
}

}  // namespace millrace::hls
