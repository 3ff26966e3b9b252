#pragma once
// Playlists of two sources for the tests of failover.

#include "hls/hls_support.hpp"
#include "hls/mapped_playlist.hpp"

#include <string>
#include <string_view>

namespace millrace::test {

inline hls::mapped_master master(std::string_view base, std::string text) {
  const auto parsed = parse("#EXTM3U\n" + std::move(text));
  const auto from = parse_url(base);
  return hls::mapped_master::read({parsed, from, no_variables()}).value();
}

inline hls::mapped_media media(std::string_view base, std::string text) {
  const auto parsed = parse("#EXTM3U\n" + std::move(text));
  const auto from = parse_url(base);
  return hls::mapped_media::read({parsed, from, no_variables()}).value();
}

}  // namespace millrace::test
