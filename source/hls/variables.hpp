#pragma once
// Variables of playlists (draft-pantos-hls-rfc8216bis §4.3 and §4.4.2.3).

#include "core/url.hpp"
#include "hls/problem.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::hls {

/// Names and values in the order of their definition.
using variable_list = std::vector<std::pair<std::string, std::string>>;

/// All names and values of one playlist together: they travel in URLs.
inline constexpr std::size_t most_variable_bytes = 8192;
inline constexpr std::size_t most_variables = 128;
/// A reference with its variables put in.
inline constexpr std::size_t longest_substituted = std::size_t{256} << 10;

/// The variables of one playlist while it is read from top to bottom.
class variable_scope {
 public:
  /// `base` is the playlist's own URL after redirects (for QUERYPARAM), `imported` what its multivariant
  /// playlist defined. Both have to outlive the scope.
  variable_scope(const url& base, const variable_list& imported) : base_(base), imported_(imported) {}

  /// Takes the attribute list of an EXT-X-DEFINE.
  std::optional<problem_code> define(std::string_view attributes);

  /// Puts the values in place of `{$name}`. The view is `text` itself when there is nothing to do, else it
  /// lies in `buffer`.
  boost::system::result<std::string_view, problem_code> substitute(std::string_view text,
                                                                   std::string& buffer) const;

  const variable_list& defined() const noexcept { return defined_; }

 private:
  std::optional<problem_code> add(std::string_view name, std::string value);

  const url& base_;
  const variable_list& imported_;
  variable_list defined_;
  std::size_t bytes_ = 0;
};

}  // namespace millrace::hls
