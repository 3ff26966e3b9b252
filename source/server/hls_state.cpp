#include "server/hls_state.hpp"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>
#include <string>

namespace millrace::server {

namespace {

std::string random_secret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("no random bytes for the key of media URLs");
  return {bytes.begin(), bytes.end()};
}

}  // namespace

hls_state::hls_state(const hls_settings& config)
    : key(hls::sealing_key::derive(config.secret.empty() ? random_secret() : config.secret)),
      playlist_room(config.kept_playlists),
      shelf(config.shelf) {}

}  // namespace millrace::server
