#pragma once
// Resolves the references of one playlist (RFC 3986 §5) as `url::resolve` does, without its cost where a
// reference is as plain as most are: playlists have thousands of them below one folder or origin.

#include "core/url.hpp"

#include <string>
#include <string_view>

namespace millrace::hls {

/// What a reference is, before it is resolved.
enum class reference_class {
  fetched,  ///< relative, http or https
  foreign,  ///< any other scheme (data:, skd:): stays as it is
};
reference_class classify(std::string_view reference) noexcept;

class uri_resolver {
 public:
  /// `base` is the playlist's URL after redirects and has to outlive the resolver.
  explicit uri_resolver(const url& base);

  /// The text of the absolute URL, without a fragment; valid until the next call. An error where
  /// `url::resolve` has one.
  result<std::string_view> resolve(std::string_view reference);

  const url& base() const noexcept { return base_; }

 private:
  void remember_origin(std::string_view reference);

  const url& base_;
  std::string folder_;        ///< the base up to its last '/'
  std::string root_;          ///< the base's scheme and authority
  std::string known_origin_;  ///< scheme, authority and '/' of the last absolute reference that was fine
  std::string buffer_;
};

}  // namespace millrace::hls
