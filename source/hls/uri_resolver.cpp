#include "hls/uri_resolver.hpp"

#include "core/uri_syntax.hpp"
#include "http/characters.hpp"
#include "http/message.hpp"

#include <algorithm>

namespace millrace::hls {

namespace {

constexpr bool is_alnum(unsigned char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// What stays as it is in a path, but for ':', which may end a scheme, and '%'.
constexpr auto plain_path = http::make_character_set([](unsigned char c) {
  return is_alnum(c) ||
         std::string_view("-._~!$&'()*+,;=@/").find(static_cast<char>(c)) != std::string_view::npos;
});

constexpr auto plain_query = http::make_character_set([](unsigned char c) {
  return is_alnum(c) ||
         std::string_view("-._~!$&'()*+,;=@/:?").find(static_cast<char>(c)) != std::string_view::npos;
});

constexpr auto hex_digits = http::make_character_set([](unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
});

bool is_triplet(std::string_view text, std::size_t at) noexcept {
  return text[at] == '%' && at + 2 < text.size() && http::contains(hex_digits, text[at + 1]) &&
         http::contains(hex_digits, text[at + 2]);
}

/// The characters from `at` on that are in `set` or proper triplets.
std::size_t skip(std::string_view text, std::size_t at, const http::character_set& set) noexcept {
  while (at < text.size() && (http::contains(set, text[at]) || is_triplet(text, at)))
    ++at;
  return at;
}

/// A path without a leading '/', and perhaps a query, to which resolution does nothing: neither dot segments
/// nor anything to encode, nor a fragment.
bool is_plain(std::string_view text) noexcept {
  if (text.empty() || text.front() == '/' || text.front() == '.' || text.front() == '?') return false;
  const auto path_end = skip(text, 0, plain_path);
  if (text.substr(0, path_end).find("/.") != std::string_view::npos) return false;
  if (path_end == text.size()) return true;
  return text[path_end] == '?' && skip(text, path_end + 1, plain_query) == text.size();
}

/// Scheme, authority and the '/' behind them, as written; empty when there is no such '/'.
std::string_view origin_of(std::string_view absolute) noexcept {
  const auto authority = absolute.find("://");
  if (authority == std::string_view::npos) return {};
  const auto end = absolute.find_first_of("/?#", authority + 3);
  if (end == std::string_view::npos || absolute[end] != '/') return {};
  return absolute.substr(0, end + 1);
}

}  // namespace

reference_class classify(std::string_view reference) noexcept {
  const auto colon = reference.find_first_of(":/?#");
  if (colon == std::string_view::npos || reference[colon] != ':') return reference_class::fetched;
  const auto parts = split_reference(reference);
  if (!parts.scheme || http::equal_ignoring_case(*parts.scheme, "http") ||
      http::equal_ignoring_case(*parts.scheme, "https")) {
    return reference_class::fetched;
  }
  return reference_class::foreign;
}

uri_resolver::uri_resolver(const url& base) : base_(base) {
  // Whatever the base's path is, also without one: a plain name ends up behind its folder.
  if (const auto probe = base.resolve("x")) folder_ = probe->text().substr(0, probe->text().size() - 1);
  root_ = origin_of(folder_);
  if (!root_.empty()) root_.pop_back();
}

result<std::string_view> uri_resolver::resolve(std::string_view reference) {
  if (!folder_.empty() && is_plain(reference)) {
    buffer_.assign(folder_).append(reference);
    return std::string_view(buffer_);
  }
  if (!root_.empty() && reference.starts_with('/') && is_plain(reference.substr(1))) {
    buffer_.assign(root_).append(reference);
    return std::string_view(buffer_);
  }
  if (!known_origin_.empty() && reference.starts_with(known_origin_) &&
      is_plain(reference.substr(known_origin_.size()))) {
    return reference;
  }
  auto resolved = base_.resolve(reference);
  if (!resolved) return resolved.error();
  remember_origin(reference);
  buffer_ = resolved->text();
  return std::string_view(buffer_);
}

void uri_resolver::remember_origin(std::string_view reference) {
  // Only what resolution has just proved to leave alone.
  const auto origin = origin_of(reference);
  if (origin.empty()) return;
  const auto resolved = url::parse(origin);
  if (resolved && resolved->text() == origin) known_origin_ = origin;
}

}  // namespace millrace::hls
