#include "core/uri_syntax.hpp"

#include <boost/url/grammar/alnum_chars.hpp>
#include <boost/url/grammar/alpha_chars.hpp>

#include <algorithm>

namespace millrace {

namespace {

namespace urls = boost::urls;

bool is_scheme(std::string_view text) noexcept {
  if (text.empty() || !urls::grammar::alpha_chars(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return urls::grammar::alnum_chars(c) || c == '+' || c == '-' || c == '.';
  });
}

}  // namespace

reference_parts split_reference(std::string_view text) noexcept {
  reference_parts parts;
  text = text.substr(0, text.find('#'));
  if (const auto colon = text.find_first_of(":/?"); colon != std::string_view::npos && text[colon] == ':') {
    if (is_scheme(text.substr(0, colon))) {
      parts.scheme = text.substr(0, colon);
      text.remove_prefix(colon + 1);
    }
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const auto end = std::min(text.find_first_of("/?"), text.size());
    parts.authority = text.substr(0, end);
    text.remove_prefix(end);
  }
  if (const auto mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  parts.path = text;
  return parts;
}

std::string remove_dot_segments(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  std::string_view in = path;
  while (!in.empty()) {
    if (in.starts_with("../")) {
      in.remove_prefix(3);
    } else if (in.starts_with("./") || in.starts_with("/./")) {
      in.remove_prefix(2);
    } else if (in == "/.") {
      in = "/";
    } else if (in.starts_with("/../") || in == "/..") {
      in = in.size() == 3 ? "/" : in.substr(3);
      out.erase(std::min(out.rfind('/'), out.size()));
    } else if (in == "." || in == "..") {
      in = {};
    } else {
      const auto end = std::min(in.find('/', 1), in.size());
      out.append(in.substr(0, end));
      in.remove_prefix(end);
    }
  }
  return out;
}

std::optional<authority_parts> split_authority(std::string_view text) noexcept {
  authority_parts parts;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    parts.userinfo = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  std::size_t host_end = 0;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    host_end = bracket + 1;
  } else {
    host_end = std::min(text.find(':'), text.size());
  }
  parts.host = text.substr(0, host_end);
  text.remove_prefix(host_end);
  if (text.starts_with(':')) {
    parts.port = text.substr(1);
  } else if (!text.empty()) {
    return std::nullopt;
  }
  return parts;
}

}  // namespace millrace
