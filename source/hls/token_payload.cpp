#include "hls/token_payload.hpp"

#include "hls/media_name.hpp"

namespace millrace::hls {

namespace {

// The first byte. The other bits are zero, for formats to come.
constexpr unsigned plays_list = 1;     // leads to a playlist
constexpr unsigned has_variables = 2;  // a list of them stands before the URL
constexpr unsigned scheme_http = 4;    // "http://" is left out
constexpr unsigned scheme_https = 8;   // "https://" is left out
constexpr unsigned is_segment = 16;    // a media segment or a part of one
constexpr unsigned is_posted = 32;     // made for a stream that an operator posted
constexpr unsigned known_flags = 63;
// Stands for the name, which is in the path. No URL's text holds a control character.
constexpr char name_mark = '\x01';

constexpr std::string_view http = "http://";
constexpr std::string_view https = "https://";

void append_number(std::string& out, std::size_t number) {
  for (; number >= 0x80; number >>= 7U)
    out += static_cast<char>((number & 0x7fU) | 0x80U);
  out += static_cast<char>(number);
}

std::optional<std::size_t> take_number(std::string_view& in) {
  std::size_t number = 0;
  for (unsigned shift = 0; shift < 28 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    number |= std::size_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return number;
  }
  return std::nullopt;
}

void append_string(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out += text;
}

std::optional<std::string> take_string(std::string_view& in) {
  const auto size = take_number(in);
  if (!size || *size > in.size()) return std::nullopt;
  std::string text(in.substr(0, *size));
  in.remove_prefix(*size);
  return text;
}

std::optional<variable_list> take_variables(std::string_view& in) {
  const auto count = take_number(in);
  if (!count || *count > most_variables) return std::nullopt;
  variable_list list;
  for (std::size_t i = 0; i < *count; ++i) {
    auto name = take_string(in);
    auto value = take_string(in);
    if (!name || !value) return std::nullopt;
    list.emplace_back(std::move(*name), std::move(*value));
  }
  return list;
}

}  // namespace

void append_payload(std::string& out, const token_payload& what) {
  unsigned flags = what.kind == uri_kind::playlist ? plays_list : 0U;
  if (what.marks.segment) flags |= is_segment;
  if (what.marks.posted) flags |= is_posted;
  if (!what.variables.empty()) flags |= has_variables;
  std::string_view rest = what.absolute;
  if (rest.starts_with(http)) {
    flags |= scheme_http;
    rest.remove_prefix(http.size());
  } else if (rest.starts_with(https)) {
    flags |= scheme_https;
    rest.remove_prefix(https.size());
  }
  out += static_cast<char>(flags);
  if (!what.variables.empty()) {
    append_number(out, what.variables.size());
    for (const auto& [name, value] : what.variables) {
      append_string(out, name);
      append_string(out, value);
    }
  }
  if (what.name.empty()) {
    out += rest;
    return;
  }
  const auto at = static_cast<std::size_t>(last_path_segment(what.absolute).data() - rest.data());
  out.append(rest.substr(0, at)).append(1, name_mark).append(rest.substr(at + what.name.size()));
}

std::optional<unsealed_url> read_payload(std::string_view bytes, std::string_view name) {
  if (bytes.empty()) return std::nullopt;
  const auto flags = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  if ((flags & ~known_flags) != 0) return std::nullopt;
  std::optional<variable_list> variables(std::in_place);
  if ((flags & has_variables) != 0) variables = take_variables(bytes);
  if (!variables) return std::nullopt;
  std::string text;
  if ((flags & scheme_http) != 0) text = http;
  if ((flags & scheme_https) != 0) text = https;
  const auto mark = bytes.find(name_mark);
  text += bytes.substr(0, mark);
  if (mark != std::string_view::npos) text.append(name).append(bytes.substr(mark + 1));
  auto target = url::parse(text);
  if (!target) return std::nullopt;
  const url_marks marks{.segment = (flags & is_segment) != 0, .posted = (flags & is_posted) != 0};
  const auto kind = (flags & plays_list) != 0 ? uri_kind::playlist : uri_kind::resource;
  return unsealed_url{std::move(*target), kind, marks, std::move(*variables)};
}

}  // namespace millrace::hls
