#pragma once
// The generic syntax of URI references (RFC 3986): cutting apart and putting together, without judging.

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// A URI reference cut apart (RFC 3986 appendix B), the fragment left out.
struct reference_parts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
};

/// The parts view into `text`.
reference_parts split_reference(std::string_view text) noexcept;

/// [userinfo@]host[:port]
struct authority_parts {
  std::optional<std::string_view> userinfo;
  std::string_view host;                 ///< as written, in brackets when it is IPv6
  std::optional<std::string_view> port;  ///< may be empty
};

/// The last '@' ends the userinfo: people type mail addresses as user names. nullopt for unbalanced brackets
/// and for anything but a port behind the host.
std::optional<authority_parts> split_authority(std::string_view text) noexcept;

/// RFC 3986 §5.2.4.
std::string remove_dot_segments(std::string_view path);

}  // namespace millrace
