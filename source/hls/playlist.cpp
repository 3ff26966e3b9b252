#include "hls/playlist.hpp"

#include <algorithm>
#include <cstring>

namespace millrace::hls {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r';
}

/// The line that lies between the two places.
line make_line(std::string_view text, std::size_t begin, std::size_t end) noexcept {
  while (end > begin && is_space(text[end - 1]))
    --end;
  while (begin < end && is_space(text[begin]))
    ++begin;
  line made{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin), tag::uri, 0};
  if (begin == end) {
    made.what = tag::blank;
  } else if (text[begin] == '#') {
    const auto recognised = recognise_tag(text.substr(begin, end - begin));
    made.what = recognised.what;
    made.value_begin = recognised.value_begin;
  }
  return made;
}

}  // namespace

bool is_playlist(std::string_view body) noexcept {
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  return body.starts_with("#EXTM3U");
}

parse_result<playlist> playlist::parse(std::string text) {
  auto owned = std::make_shared<const std::string>(std::move(text));
  auto parsed = parse_view(*owned);
  if (parsed.has_value()) parsed->owned_ = std::move(owned);
  return parsed;
}

parse_result<playlist> playlist::parse_view(std::string_view text) {
  if (text.size() > largest_playlist) return problem{problem_code::too_large};
  if (!is_playlist(text)) return problem{problem_code::not_a_playlist, 1};
  playlist parsed;
  parsed.text_ = text;
  // Most texts have lines of some 25 bytes; growing is cheap beside reserving for the worst one.
  parsed.lines_.reserve(text.size() / 32 + 8);
  std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  while (at < text.size()) {
    const auto* end = static_cast<const char*>(std::memchr(text.data() + at, '\n', text.size() - at));
    const auto stop = end == nullptr ? text.size() : static_cast<std::size_t>(end - text.data());
    if (parsed.lines_.size() == most_lines) return problem{problem_code::too_large, most_lines + 1};
    const auto& made = parsed.lines_.emplace_back(make_line(text, at, stop));
    parsed.master_ |= is_master_tag(made.what);
    parsed.definitions_ |= made.what == tag::define;
    at = stop + 1;
  }
  return parsed;
}

std::string_view playlist::line_end() const noexcept {
  const auto end = text_.find('\n');
  return end != std::string_view::npos && end > 0 && text_[end - 1] == '\r' ? "\r\n" : "\n";
}

}  // namespace millrace::hls
