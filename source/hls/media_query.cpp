#include "hls/media_query.hpp"

#include "http/characters.hpp"

#include <algorithm>
#include <vector>

namespace millrace::hls {

namespace {

constexpr std::string_view directive_prefix = "_HLS_";
constexpr std::size_t most_directives = 16;
constexpr std::size_t longest_directive = 1024;

constexpr auto name_characters = http::make_character_set([](unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
});

/// What may go upstream as it came: no separators of a query, nothing that would have to be encoded.
constexpr auto value_characters = http::make_character_set([](unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("-._~%!$'()*+,;:@/?").find(static_cast<char>(c)) != std::string_view::npos;
});

bool is_directive(std::string_view name, std::string_view value) noexcept {
  return name.starts_with(directive_prefix) && name.size() > directive_prefix.size() &&
         name.size() + value.size() <= longest_directive && http::consists_of(name_characters, name) &&
         http::consists_of(value_characters, value);
}

}  // namespace

std::optional<media_query> split_media_query(std::string_view query) {
  media_query found;
  std::vector<std::string_view> names;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = pair.substr(0, equals);
    const auto value = pair.substr(std::min(equals + 1, pair.size()));
    if (std::find(names.begin(), names.end(), name) != names.end()) return std::nullopt;
    names.push_back(name);
    if (names.size() > most_directives) return std::nullopt;
    if (name == "client_id") {
      found.client_id = value;
    } else if (name == "t") {
      found.token = value;
    } else if (is_directive(name, value)) {
      if (!found.directives.empty()) found.directives += '&';
      found.directives += pair;
      if (name == "_HLS_msn") found.msn = value;
      if (name == "_HLS_part") found.part = value;
      if (name == "_HLS_skip") found.skip = value;
    } else {
      return std::nullopt;
    }
  }
  return found;
}

std::string moved_directives(const media_query& query, std::optional<std::int64_t> msn, bool keep_skip) {
  std::string out;
  std::string_view rest = query.directives;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto name = pair.substr(0, pair.find('='));
    const bool waits = name == "_HLS_msn" || name == "_HLS_part";
    if ((waits && !msn) || (name == "_HLS_skip" && !keep_skip)) continue;
    if (!out.empty()) out += '&';
    if (name == "_HLS_msn") {
      out.append(name).append("=").append(std::to_string(*msn));
    } else {
      out += pair;
    }
  }
  return out;
}

result<url> with_directives(const url& target, std::string_view directives) {
  if (directives.empty()) return target;
  std::string text = target.text();
  text += target.target().find('?') == std::string::npos ? '?' : '&';
  return url::parse(text.append(directives));
}

}  // namespace millrace::hls
