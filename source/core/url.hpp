#pragma once
// An absolute http(s) URL (RFC 3986): what is kept, what is sent, and what may be logged.

#include "core/error.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Immutable value. Bytes that RFC 3986 forbids are percent-encoded when parsing; everything else is kept as
/// given, but for the fragment, which is never sent and is dropped.
class url {
 public:
  /// Accepts http and https with a host; errc::invalid_url otherwise (also for port 0 and unbalanced
  /// brackets).
  static result<url> parse(std::string_view text);

  /// RFC 3986 §5.2 against this URL. errc::bad_redirect when the outcome is not http(s).
  result<url> resolve(std::string_view reference) const;

  /// The whole URL, userinfo included. Never log it above DEBUG.
  const std::string& text() const noexcept { return text_; }
  /// scheme://host[:port]/path without userinfo and query: safe to log and to show.
  std::string redacted() const;

  bool is_https() const noexcept { return https_; }
  /// Lower case, percent-decoded, without brackets.
  const std::string& host() const noexcept { return host_; }
  std::uint16_t port() const noexcept { return port_; }
  /// `scheme://host:port`, lower case, port always there: the unit of pooling, budgets and credentials.
  std::string origin() const;
  /// The value of the Host header: brackets where needed, the port only when it is not the scheme's own.
  std::string host_header() const;
  /// Origin-form request target: path (at least "/") and query, encoded.
  const std::string& target() const noexcept { return target_; }
  /// The percent-encoded path, without the query.
  std::string_view path() const noexcept;
  /// Decoded "user:password" when the URL has userinfo.
  const std::optional<std::string>& credentials() const noexcept { return credentials_; }

  bool operator==(const url& other) const noexcept { return text_ == other.text_; }

 private:
  url() = default;

  std::string text_, host_, target_;
  std::optional<std::string> credentials_;
  std::uint16_t port_ = 0;
  bool https_ = false;
};

/// Percent-decodes %XX (RFC 3986 §2.1); malformed triplets stay as they are; '+' stays '+'.
std::string percent_decode(std::string_view text);
/// Encodes every byte but RFC 3986 unreserved ones and those in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = {});

}  // namespace millrace
