#pragma once
// Why a source was retried or left, in a few words that counters can be kept by.

#include "core/error.hpp"

#include <cstddef>
#include <string_view>

namespace millrace::registry {

enum class cause {
  refused,       ///< nobody listens there
  unreachable,   ///< any other failure to connect, forbidden addresses included
  dns,           ///< the name does not resolve
  tls,           ///< handshake or certificate
  timeout,       ///< no connection or no byte in time
  low_speed,     ///< below --min-speed
  broken,        ///< reset or closed before the body was complete
  ended,         ///< a live stream's body ended properly
  malformed,     ///< no HTTP, or not what it says it is
  client_error,  ///< status 4xx
  server_error,  ///< status 5xx, or another that is no answer
  changed,       ///< other bytes, another size or version
  manual,        ///< an operator asked for it
};
inline constexpr std::size_t cause_count = 13;

/// "refused", "low_speed", …: a label value.
std::string_view name_of(cause why) noexcept;
cause cause_of(const failure& why) noexcept;

}  // namespace millrace::registry
