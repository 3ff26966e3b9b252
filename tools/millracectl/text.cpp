#include "text.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <array>

namespace millrace::ctl {

namespace {

struct span_of_characters {
  char32_t first, last;
};

constexpr std::array controls{
    span_of_characters{0x0000, 0x001f},   span_of_characters{0x007f, 0x009f},
    span_of_characters{0x00ad, 0x00ad},   span_of_characters{0x061c, 0x061c},
    span_of_characters{0x180e, 0x180e},   span_of_characters{0x200b, 0x200f},
    span_of_characters{0x2028, 0x202e},   span_of_characters{0x2060, 0x206f},
    span_of_characters{0xfeff, 0xfeff},   span_of_characters{0xfff9, 0xfffb},
    span_of_characters{0xe0000, 0xe007f},
};

// The blocks of combining marks that file names and titles really have.
constexpr std::array combining{
    span_of_characters{0x0300, 0x036f},   span_of_characters{0x0483, 0x0489},
    span_of_characters{0x0591, 0x05bd},   span_of_characters{0x0610, 0x061a},
    span_of_characters{0x064b, 0x065f},   span_of_characters{0x093c, 0x093c},
    span_of_characters{0x0e34, 0x0e3a},   span_of_characters{0x0e47, 0x0e4e},
    span_of_characters{0x1ab0, 0x1aff},   span_of_characters{0x1dc0, 0x1dff},
    span_of_characters{0x20d0, 0x20ff},   span_of_characters{0x3099, 0x309a},
    span_of_characters{0xfe00, 0xfe0f},   span_of_characters{0xfe20, 0xfe2f},
    span_of_characters{0x1f3fb, 0x1f3ff}, span_of_characters{0xe0100, 0xe01ef},
};

constexpr std::array wide{
    span_of_characters{0x1100, 0x115f},   span_of_characters{0x231a, 0x231b},
    span_of_characters{0x2e80, 0x303e},   span_of_characters{0x3041, 0x4dbf},
    span_of_characters{0x4e00, 0xa4cf},   span_of_characters{0xa960, 0xa97f},
    span_of_characters{0xac00, 0xd7a3},   span_of_characters{0xf900, 0xfaff},
    span_of_characters{0xfe30, 0xfe6f},   span_of_characters{0xff00, 0xff60},
    span_of_characters{0xffe0, 0xffe6},   span_of_characters{0x1f300, 0x1f64f},
    span_of_characters{0x1f680, 0x1f6ff}, span_of_characters{0x1f900, 0x1f9ff},
    span_of_characters{0x1fa70, 0x1faff}, span_of_characters{0x20000, 0x3fffd},
};

template <std::size_t N>
bool is_among(const std::array<span_of_characters, N>& table, char32_t character) noexcept {
  return std::ranges::any_of(
      table, [=](const auto& each) { return character >= each.first && character <= each.last; });
}

std::size_t width_of(char32_t character) noexcept {
  if (character < 0x0300) return 1;
  if (is_among(combining, character)) return 0;
  return is_among(wide, character) ? 2 : 1;
}

}  // namespace

char32_t decode_utf8(std::string_view text, std::size_t length) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  if (length == 1) return first;
  char32_t out = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    out = (out << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  return out;
}

bool is_control(char32_t character) noexcept {
  return is_among(controls, character);
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    const char32_t character = decode_utf8(text, length);
    if (character == '\n' || character == '\t') {
      out += ' ';
    } else if (!is_control(character)) {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::size_t display_width(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    columns += length == 0 ? 1 : width_of(decode_utf8(text, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return columns;
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t used = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text.substr(end)), 1);
    used += display_width(text.substr(end, length));
    if (used > columns - 1) break;
    end += length;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string wrapped(std::string first, std::string_view text, std::size_t indent, std::size_t width) {
  std::size_t column = display_width(first);
  bool at_start = true;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t columns = display_width(word);
    if (!at_start && column + 1 + columns > width) {
      first.append(1, '\n').append(indent, ' ');
      column = indent;
    } else if (!at_start) {
      first += ' ';
      ++column;
    }
    first += word;
    column += columns;
    at_start = false;
  }
  return first + "\n";
}

}  // namespace millrace::ctl
