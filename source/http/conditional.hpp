#pragma once
// Validators and conditional requests (RFC 9110 §8.8, §13).

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::http {

/// What a response says of its version: ETag as sent (quotes and W/ included) and Last-Modified, empty when
/// missing.
struct validator {
  std::string etag;
  std::string last_modified;
  bool operator==(const validator&) const = default;
};

/// A strong, well-formed entity tag.
bool is_strong(std::string_view etag) noexcept;
/// RFC 9110 §8.8.3.2.
bool strong_match(std::string_view a, std::string_view b) noexcept;
bool weak_match(std::string_view a, std::string_view b) noexcept;

/// Whether two answers may be parts of one representation: the strong ETag alone where the first has one,
/// else Last-Modified; nothing to compare (neither has any) counts as the same.
bool same_version(const validator& first, const validator& other) noexcept;

/// If-Range (RFC 9110 §13.1.5): true when the Range may be served. A date must equal Last-Modified exactly; a
/// weak tag never matches.
bool if_range_holds(std::string_view if_range, const validator& current) noexcept;
/// If-None-Match (RFC 9110 §13.1.2): true when a GET or HEAD is answered with 304. "*" and lists, weak
/// comparison.
bool if_none_match_hits(std::string_view if_none_match, const validator& current) noexcept;
/// If-Modified-Since (RFC 9110 §13.1.3): true for 304. Ignored when either date is invalid.
bool if_modified_since_hits(std::string_view if_modified_since, const validator& current) noexcept;

/// HTTP-date in its three forms (RFC 9110 §5.6.7).
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);
std::string format_http_date(std::chrono::sys_seconds time);

}  // namespace millrace::http
