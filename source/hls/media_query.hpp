#pragma once
// The query of a request for a rewritten URI: what millrace wrote, and the delivery directives that players
// add (draft-pantos-hls-rfc8216bis §6.2.5).

#include "core/url.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::hls {

/// All views lie in the query.
struct media_query {
  std::string_view client_id;                       ///< empty when there is none; not judged here
  std::string_view token;                           ///< empty when there is none
  std::string directives;                           ///< the `_HLS_…` parameters as they came, joined by '&'
  std::optional<std::string_view> msn, part, skip;  ///< values of _HLS_msn, _HLS_part and _HLS_skip

  /// The answer may take until the next segment or part is there.
  bool blocking() const noexcept { return msn.has_value(); }
};

/// nullopt when there is anything but `client_id`, `t` and parameters with names of `_HLS_`, or anything
/// twice: millrace did not write that (403). `query` comes without its '?'.
std::optional<media_query> split_media_query(std::string_view query);

/// The directives for an upstream whose numbers were moved: `msn` stands for the player's `_HLS_msn`. Without
/// it, this source never had that number, and is not waited for: `_HLS_msn` and `_HLS_part` go. `_HLS_skip`
/// goes unless the player's last playlist came from this source.
std::string moved_directives(const media_query& query, std::optional<std::int64_t> msn, bool keep_skip);

/// The upstream URL with the directives added to its query.
result<url> with_directives(const url& target, std::string_view directives);

}  // namespace millrace::hls
