#include "message.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::origin {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      decoded += static_cast<char>(value);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

template <class Visit>
void each_part(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto part = query.substr(0, end);
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
    if (!part.empty()) visit(part);
  }
}

std::string_view name_of(std::string_view part) {
  return part.substr(0, part.find('='));
}

}  // namespace

bool equal_names(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<std::string> request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_names(key, name)) return value;
  }
  return std::nullopt;
}

bool request::wants_close() const {
  const auto connection = header("Connection");
  if (connection && equal_names(*connection, "close")) return true;
  return version == "HTTP/1.0" && !(connection && equal_names(*connection, "keep-alive"));
}

std::uint64_t request::content_length() const {
  const auto field = header("Content-Length");
  return field ? number(*field).value_or(0) : 0;
}

std::optional<request> parse_request(std::string_view head) {
  request parsed;
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head = end == head.npos ? std::string_view() : head.substr(end + 2);
    if (line.empty()) break;
    if (first) {
      const auto target = line.find(' ');
      const auto version = line.rfind(' ');
      if (target == line.npos || version == target) return std::nullopt;
      parsed.method = line.substr(0, target);
      parsed.target = line.substr(target + 1, version - target - 1);
      parsed.version = line.substr(version + 1);
      if (!parsed.version.starts_with("HTTP/1.")) return std::nullopt;
      first = false;
      continue;
    }
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) return std::nullopt;
    parsed.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  if (first) return std::nullopt;
  return parsed;
}

range_answer interpret_range(const std::optional<std::string>& field, std::uint64_t size) {
  using kind = range_answer::kind;
  if (!field || !field->starts_with("bytes=")) return {};
  const std::string_view set = std::string_view(*field).substr(6);
  const auto dash = set.find('-');
  if (dash == set.npos || set.find(',') != set.npos) return {};
  const auto first = number(set.substr(0, dash));
  const auto last = number(set.substr(dash + 1));
  if (dash == 0) {
    if (!last) return {};
    if (*last == 0 || size == 0) return {kind::unsatisfiable, {}};
    return {kind::part, {size - std::min(*last, size), size - 1}};
  }
  const bool open = dash + 1 == set.size();
  if (!first || (!last && !open) || (last && *last < *first)) return {};
  if (*first >= size) return {kind::unsatisfiable, {}};
  return {kind::part, {*first, last ? std::min(*last, size - 1) : size - 1}};
}

std::uint64_t first_byte_asked(const std::optional<std::string>& field) {
  if (!field || !field->starts_with("bytes=")) return 0;
  const std::string_view set = std::string_view(*field).substr(6);
  return number(set.substr(0, set.find('-'))).value_or(0);
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parts;
  each_part(query, [&](std::string_view part) {
    const auto equals = part.find('=');
    parts.emplace_back(percent_decoded(name_of(part)),
                       equals == part.npos ? std::string() : percent_decoded(part.substr(equals + 1)));
  });
  return parts;
}

std::string without_own_parameters(std::string_view target) {
  std::string kept;
  each_part(query_of(target), [&](std::string_view part) {
    if (name_of(part) == hop_parameter || name_of(part) == ticket_parameter) return;
    kept += kept.empty() ? '?' : '&';
    kept += part;
  });
  return std::string(path_of(target)) + kept;
}

std::optional<std::uint64_t> own_parameter(std::string_view target, std::string_view name) {
  std::optional<std::uint64_t> found;
  each_part(query_of(target), [&](std::string_view part) {
    if (name_of(part) == name && part.size() > name.size()) found = number(part.substr(name.size() + 1));
  });
  return found;
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

std::string_view reason_of(int status) {
  constexpr std::array<std::pair<int, std::string_view>, 27> reasons{{{200, "OK"},
                                                                      {204, "No Content"},
                                                                      {206, "Partial Content"},
                                                                      {301, "Moved Permanently"},
                                                                      {302, "Found"},
                                                                      {303, "See Other"},
                                                                      {304, "Not Modified"},
                                                                      {307, "Temporary Redirect"},
                                                                      {308, "Permanent Redirect"},
                                                                      {400, "Bad Request"},
                                                                      {401, "Unauthorized"},
                                                                      {403, "Forbidden"},
                                                                      {404, "Not Found"},
                                                                      {405, "Method Not Allowed"},
                                                                      {408, "Request Timeout"},
                                                                      {409, "Conflict"},
                                                                      {410, "Gone"},
                                                                      {412, "Precondition Failed"},
                                                                      {416, "Range Not Satisfiable"},
                                                                      {425, "Too Early"},
                                                                      {429, "Too Many Requests"},
                                                                      {451, "Unavailable For Legal Reasons"},
                                                                      {500, "Internal Server Error"},
                                                                      {501, "Not Implemented"},
                                                                      {502, "Bad Gateway"},
                                                                      {503, "Service Unavailable"},
                                                                      {504, "Gateway Timeout"}}};
  for (const auto& [code, reason] : reasons) {
    if (code == status) return reason;
  }
  return "Status";
}

std::string_view type_by_extension(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> types{
      {{".mp4", "video/mp4"},
       {".m4v", "video/mp4"},
       {".m4s", "video/iso.segment"},
       {".mkv", "video/x-matroska"},
       {".webm", "video/webm"},
       {".ts", "video/mp2t"},
       {".avi", "video/x-msvideo"},
       {".mov", "video/quicktime"},
       {".mp3", "audio/mpeg"},
       {".aac", "audio/aac"},
       {".m4a", "audio/mp4"},
       {".m3u8", "application/vnd.apple.mpegurl"},
       {".vtt", "text/vtt"},
       {".txt", "text/plain"},
       {".json", "application/json"},
       {".html", "text/html"}}};
  for (const auto& [extension, type] : types) {
    if (path.ends_with(extension)) return type;
  }
  return "application/octet-stream";
}

}  // namespace millrace::origin
