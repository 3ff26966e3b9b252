#pragma once
// File names: from Content-Disposition (RFC 6266, RFC 8187), from a URL's path, and safe for any file system.

#include <string>
#include <string_view>

namespace millrace::http {

/// The file name a Content-Disposition value carries, UTF-8: `filename*` first (UTF-8 and ISO-8859-1), else
/// `filename` (quoted-string with escapes, or token). Empty when there is none.
std::string disposition_file_name(std::string_view value);

/// The last segment of a percent-encoded path, decoded. Empty when the path ends in '/'.
std::string path_file_name(std::string_view path);

/// Control characters and <>:"/\|?* become '_'; invalid UTF-8 bytes too; leading and trailing spaces and
/// trailing dots go; "", "." and ".." become "stream". At most 255 bytes of UTF-8, cut on a character
/// boundary, the extension kept.
std::string safe_file_name(std::string_view name);

/// `inline; filename*=UTF-8''…`, percent-encoded as RFC 8187 says.
std::string format_inline_disposition(std::string_view file_name);

}  // namespace millrace::http
