#include "http/content_disposition.hpp"

#include "core/url.hpp"
#include "core/utf8.hpp"
#include "http/characters.hpp"
#include "http/media_type.hpp"
#include "http/message.hpp"

#include <optional>

namespace millrace::http {

namespace {

constexpr std::size_t longest_name = 255;
constexpr std::string_view nameless = "stream";

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() * 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

struct parameter {
  std::string_view name;
  std::string value;
};

/// Takes a quoted-string off; an unclosed one ends with the text.
std::string take_quoted(std::string_view& text) {
  std::string value;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return value;
}

/// Takes the next `name=value` off. Servers forget the quotes around names with spaces, so a token ends at
/// ';' only.
std::optional<parameter> take_parameter(std::string_view& text) {
  while (!text.empty()) {
    const auto name_end = text.find_first_of("=;");
    if (name_end == std::string_view::npos) break;
    parameter found{trim(text.substr(0, name_end)), {}};
    const bool has_value = text[name_end] == '=';
    text.remove_prefix(name_end + 1);
    if (!has_value) continue;
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
      text.remove_prefix(1);
    const bool quoted = text.starts_with('"');
    if (quoted) found.value = take_quoted(text);
    const auto end = std::min(text.find(';'), text.size());
    if (!quoted) found.value = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return found;
  }
  return std::nullopt;
}

/// `charset'language'percent-encoded` (RFC 8187 §3.2); empty when it is none or in another charset.
std::string decode_extended(std::string_view value) {
  const auto charset_end = value.find('\'');
  if (charset_end == std::string_view::npos) return {};
  const auto language_end = value.find('\'', charset_end + 1);
  if (language_end == std::string_view::npos) return {};
  const auto charset = value.substr(0, charset_end);
  std::string text = percent_decode(value.substr(language_end + 1));
  if (equal_ignoring_case(charset, "UTF-8")) return is_utf8(text) ? text : std::string();
  return equal_ignoring_case(charset, "ISO-8859-1") ? latin1_to_utf8(text) : std::string();
}

/// Appends the first character, or '_' for one that no file system likes; returns the bytes it had.
std::size_t append_safe(std::string& out, std::string_view text) {
  const auto length = utf8_length(text);
  const auto first = static_cast<unsigned char>(text.front());
  const bool c1_control = length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
  const bool forbidden = first < 0x20 || first == 0x7f ||
                         std::string_view("<>:\"/\\|?*").find(text.front()) != std::string_view::npos;
  if (length == 0 || forbidden || c1_control) {
    out += '_';
  } else {
    out.append(text.substr(0, length));
  }
  return length == 0 ? 1 : length;
}

void trim_name(std::string& name) {
  const auto last = name.find_last_not_of(" .");
  name.erase(last == std::string::npos ? 0 : last + 1);
  name.erase(0, name.find_first_not_of(' '));
}

/// At most `limit` bytes, ending on a character boundary.
std::string_view cut(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U)
    --limit;
  return text.substr(0, limit);
}

}  // namespace

std::string disposition_file_name(std::string_view value) {
  std::string plain;
  std::string extended;
  while (const auto found = take_parameter(value)) {
    if (equal_ignoring_case(found->name, "filename*") && extended.empty())
      extended = decode_extended(found->value);
    if (equal_ignoring_case(found->name, "filename") && plain.empty()) plain = found->value;
  }
  if (!extended.empty()) return extended;
  // Servers that do not know RFC 8187 send raw UTF-8 or, as HTTP/1.1 once had it, ISO-8859-1.
  return is_utf8(plain) ? plain : latin1_to_utf8(plain);
}

std::string path_file_name(std::string_view path) {
  return percent_decode(path.substr(path.rfind('/') + 1));
}

std::string safe_file_name(std::string_view name) {
  std::string safe;
  safe.reserve(name.size());
  while (!name.empty())
    name.remove_prefix(append_safe(safe, name));
  trim_name(safe);
  if (safe.size() > longest_name) {
    const std::string extension = has_extension(safe) ? safe.substr(safe.rfind('.')) : std::string();
    safe = std::string(cut(safe, longest_name - extension.size())) + extension;
    trim_name(safe);
  }
  return safe.empty() ? std::string(nameless) : safe;
}

std::string format_inline_disposition(std::string_view file_name) {
  // attr-char of RFC 8187 §3.2.1 beyond the unreserved ones; '~' and '.' are among those already.
  return std::string("inline; filename*=UTF-8''").append(percent_encode(file_name, "!#$&+^`|"));
}

}  // namespace millrace::http
