#pragma once
// Visits every URI reference of a playlist (draft-pantos-hls-rfc8216bis §4.4) with what it means and where it
// leads.

#include "hls/playlist.hpp"
#include "hls/variables.hpp"

#include <optional>
#include <string_view>

namespace millrace::hls {

/// What a reference leads to, as its tag says; in the end the body itself decides.
enum class uri_kind : std::uint8_t {
  playlist,
  resource,  ///< segments, keys, initialisation sections and all the rest
};

/// A playlist with what its references are read against.
struct playlist_source {
  const playlist& text;
  const url& base;                ///< where it came from, after redirects
  const variable_list& imported;  ///< the variables of its multivariant playlist
};

/// All views are valid during the visit only, but for `reference`, which lies in the playlist's text.
struct found_uri {
  std::size_t line;            ///< index into the playlist's lines
  tag where;                   ///< tag::uri for a line of its own
  std::string_view attribute;  ///< empty for a line of its own
  std::string_view reference;  ///< as written, without quotation marks
  std::string_view absolute;   ///< variables put in and resolved; what `url::text` would be
  std::string_view fragment;   ///< with its '#', or empty; never sent upstream
  uri_kind kind;
  const variable_list& exported;  ///< what a playlist at `absolute` may import
};

class uri_visitor {
 public:
  virtual ~uri_visitor() = default;
  virtual void visit(const found_uri& found) = 0;
};

/// All absolute URLs of one playlist together. Variables and a long base make much of a small text.
inline constexpr std::size_t most_absolute_bytes = std::size_t{128} << 20;

/// In the order of the text. References with schemes other than http(s) are not visited. Stops at the first
/// problem.
std::optional<problem> walk_uris(const playlist_source& source, uri_visitor& visitor);

}  // namespace millrace::hls
