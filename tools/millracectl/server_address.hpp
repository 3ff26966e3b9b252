#pragma once
// Where the server is: its URL with the path prefix that a reverse proxy in front of it may add.

#include "core/url.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::ctl {

/// Immutable value.
class server_address {
 public:
  /// An http or https URL without query; `http://` is added where the scheme is missing. nullopt for anything
  /// else.
  static std::optional<server_address> parse(std::string_view text);

  const url& base() const noexcept { return base_; }
  /// Origin-form target of the server's `path`, which begins with a slash.
  std::string target(std::string_view path) const { return prefix_ + std::string(path); }
  /// Absolute URL of `path`, as a player takes it: without userinfo.
  std::string locate(std::string_view path) const { return shown_ + std::string(path); }
  /// The URL as it may be shown: without userinfo and without a slash at its end.
  const std::string& shown() const noexcept { return shown_; }

 private:
  explicit server_address(url base);

  url base_;
  std::string prefix_, shown_;
};

}  // namespace millrace::ctl
