#pragma once
// What keeps attackers and accidents within bounds: the limits of a connection and the rules of access, in a
// few words that counters can be kept by.

#include <cstddef>
#include <string_view>

namespace millrace::registry {

/// Named like the options that set them.
enum class limit {
  head_size,            ///< 431
  head_time,            ///< 408, also when nothing at all has come
  body_size,            ///< 413
  body_time,            ///< 408
  keep_alive,           ///< an idle connection, closed without a word
  send_time,            ///< a response that the client did not take
  clients,              ///< 503: connections in all
  clients_per_address,  ///< 503: connections, or requests behind a trusted proxy
};
inline constexpr std::size_t limit_count = 8;

/// Why a request was refused before any handler saw it.
enum class objection {
  malformed,      ///< no HTTP/1.x, or framing that others could read differently
  public_client,  ///< from outside, or forwarded by nobody knows whom
  host,           ///< a name that is not this server's
  origin,         ///< a foreign web page
  no_token,
  wrong_token,
};
inline constexpr std::size_t objection_count = 6;

/// "max-head", "head-timeout", …: a label value.
std::string_view name_of(limit which) noexcept;
/// "malformed", "public_client", …: a label value.
std::string_view name_of(objection why) noexcept;

}  // namespace millrace::registry
