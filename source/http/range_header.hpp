#pragma once
// Range and Content-Range (RFC 9110 §14).

#include "core/byte_range.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace millrace::http {

/// "a-b" or "a-": closed on the wire; `last` is absent in "a-".
struct range_from {
  byte_offset first = 0;
  std::optional<byte_offset> last;
  bool operator==(const range_from&) const = default;
};
/// "-n": the last n bytes; n is at least 1 (RFC 9110 §14.1.2: "-0" is unsatisfiable, kept as 0).
struct range_suffix {
  byte_offset length = 0;
  bool operator==(const range_suffix&) const = default;
};
using requested_range = std::variant<range_from, range_suffix>;

/// One bytes range. Numbers beyond 64 bits count as the largest. nullopt for anything malformed, several
/// ranges or other units: the header is ignored then.
std::optional<requested_range> parse_range(std::string_view value);

/// The bytes meant, clamped to the end; nullopt when unsatisfiable.
std::optional<byte_range> resolve(const requested_range& range, byte_offset total);

/// "bytes=a-b" for a non-empty range.
std::string format_range(byte_range range);
/// "bytes a-b/total" for a non-empty range.
std::string format_content_range(byte_range range, byte_offset total);
/// "bytes */total"
std::string format_unsatisfied_range(byte_offset total);

/// A parsed Content-Range (RFC 9110 §14.4).
struct content_range {
  std::optional<byte_range> range;   ///< absent in "bytes */total"
  std::optional<byte_offset> total;  ///< absent in "bytes a-b/*"
  bool operator==(const content_range&) const = default;
};
/// nullopt when malformed, not in bytes, or last < first, or last >= total.
std::optional<content_range> parse_content_range(std::string_view value);

}  // namespace millrace::http
