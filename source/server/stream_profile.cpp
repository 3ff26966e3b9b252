#include "server/stream_profile.hpp"

namespace millrace::server {

upstream::request_profile profile_of(const registry::stream_definition& stream, const settings& config) {
  upstream::request_profile profile{
      .given = {},
      .credential_origin = stream.sources.front().origin(),
      .user_agent = stream.user_agent.empty() ? config.upstream.user_agent : stream.user_agent};
  for (const auto& [name, value] : stream.headers)
    profile.given.add(name, value);
  return profile;
}

}  // namespace millrace::server
