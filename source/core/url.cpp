#include "core/url.hpp"

#include "core/uri_syntax.hpp"

#include <boost/url/grammar/alnum_chars.hpp>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <boost/url/rfc/sub_delim_chars.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <charconv>
#include <memory>

#include <idn2.h>

namespace millrace {

namespace {

namespace urls = boost::urls;

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return to_lower(c); });
  return lower;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_triplet(std::string_view text, std::size_t at) noexcept {
  return at + 2 < text.size() && text[at] == '%' && hex_value(text[at + 1]) >= 0 &&
         hex_value(text[at + 2]) >= 0;
}

void append_encoded(std::string& out, char c) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

constexpr auto userinfo_chars = urls::unreserved_chars + urls::sub_delim_chars + ':';
constexpr auto path_chars = urls::pchars + '/';
constexpr auto query_chars = urls::pchars + '/' + '?';

bool contains(const urls::grammar::lut_chars& set, char c) noexcept {
  return set(static_cast<unsigned char>(c));
}

/// Encodes what `allowed` lacks; valid triplets stay, a stray '%' becomes %25.
void append_repaired(std::string& out, std::string_view text, const urls::grammar::lut_chars& allowed) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (contains(allowed, text[i]) || is_triplet(text, i)) {
      out += text[i];
    } else {
      append_encoded(out, text[i]);
    }
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

/// IDNA 2008 (RFC 5891) with the mapping of UTS 46: what browsers do with names that people type.
std::string to_ascii(const std::string& name) {
  char* output = nullptr;
  const int status = idn2_to_ascii_8z(name.c_str(), &output, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(output, idn2_free);
  return status == IDN2_OK ? std::string(output) : std::string();
}

/// Lower case, decoded, without brackets; empty when it can be no host. Stricter than reg-name: what cannot
/// stand in a Host header and in DNS is refused here.
std::string normalize_host(std::string_view text) {
  constexpr std::size_t longest_name = 255;
  if (text.starts_with('[')) {
    text = text.substr(1, text.size() - 2);
    return urls::parse_ipv6_address(text).has_value() ? to_lower(text) : std::string();
  }
  std::string host = percent_decode(text);
  if (std::any_of(host.begin(), host.end(), is_control)) return {};
  if (std::any_of(host.begin(), host.end(), [](char c) { return (c & 0x80) != 0; })) host = to_ascii(host);
  const bool usable = std::all_of(host.begin(), host.end(), [](char c) {
    return urls::grammar::alnum_chars(c) || c == '-' || c == '.' || c == '_';
  });
  return usable && host.size() <= longest_name ? to_lower(host) : std::string();
}

}  // namespace

result<url> url::parse(std::string_view text) {
  const auto parts = split_reference(text);
  if (!parts.scheme || !parts.authority) return errc::invalid_url;
  const std::string scheme = to_lower(*parts.scheme);
  if (scheme != "http" && scheme != "https") return errc::invalid_url;
  const auto authority = split_authority(*parts.authority);
  if (!authority) return errc::invalid_url;

  url parsed;
  parsed.https_ = scheme == "https";
  parsed.port_ = parsed.https_ ? 443 : 80;
  if (authority->port && !authority->port->empty()) {
    const auto port = parse_port(*authority->port);
    if (!port) return errc::invalid_url;
    parsed.port_ = *port;
  }
  parsed.host_ = normalize_host(authority->host);
  if (parsed.host_.empty()) return errc::invalid_url;
  if (authority->userinfo && !authority->userinfo->empty()) {
    parsed.credentials_ = percent_decode(*authority->userinfo);
    if (authority->userinfo->find(':') == std::string_view::npos) *parsed.credentials_ += ':';
  }

  std::string& out = parsed.text_;
  out.reserve(text.size() + 8);
  out.append(*parts.scheme).append("://");
  if (authority->userinfo) {
    append_repaired(out, *authority->userinfo, userinfo_chars);
    out += '@';
  }
  if (authority->host.starts_with('[')) {
    out.append(authority->host);
  } else {
    append_repaired(out, authority->host, urls::unreserved_chars);
  }
  if (authority->port) out.append(":").append(*authority->port);
  const std::size_t target_begin = out.size();
  append_repaired(out, parts.path, path_chars);
  if (parts.query) append_repaired(out += '?', *parts.query, query_chars);

  if (parts.path.empty()) parsed.target_ = '/';
  parsed.target_.append(out, target_begin);
  return parsed;
}

result<url> url::resolve(std::string_view reference) const {
  if (std::any_of(reference.begin(), reference.end(), is_control)) return errc::bad_redirect;
  const auto base = split_reference(text_);
  const auto parts = split_reference(reference);
  std::string target(parts.scheme.value_or(*base.scheme));
  target += ':';

  if (parts.scheme && !parts.authority) return errc::bad_redirect;
  target.append("//").append(parts.authority ? *parts.authority : *base.authority);
  auto query = parts.query;
  if (parts.authority || parts.path.starts_with('/')) {
    target += remove_dot_segments(parts.path);
  } else if (parts.path.empty()) {
    target += base.path;
    if (!query) query = base.query;
  } else {
    const auto slash = base.path.rfind('/');
    std::string merged(slash == std::string_view::npos ? "/" : base.path.substr(0, slash + 1));
    target += remove_dot_segments(merged += parts.path);
  }
  if (query) target.append("?").append(*query);

  auto resolved = parse(target);
  if (!resolved) return errc::bad_redirect;
  return resolved;
}

std::string url::redacted() const {
  return std::string(https_ ? "https://" : "http://").append(host_header()).append(path());
}

std::string url::origin() const {
  std::string text(https_ ? "https://" : "http://");
  const bool brackets = host_.find(':') != std::string::npos;
  text.append(brackets ? "[" : "").append(host_).append(brackets ? "]:" : ":");
  return text.append(std::to_string(port_));
}

std::string url::host_header() const {
  const bool brackets = host_.find(':') != std::string::npos;
  std::string text = brackets ? '[' + host_ + ']' : host_;
  if (port_ != (https_ ? 443 : 80)) text.append(":").append(std::to_string(port_));
  return text;
}

std::string_view url::path() const noexcept {
  return std::string_view(target_).substr(0, target_.find('?'));
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_triplet(text, i)) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (contains(urls::unreserved_chars, c) || keep.find(c) != std::string_view::npos) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

}  // namespace millrace
