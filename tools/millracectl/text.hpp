#pragma once
// Text on a terminal: what may be printed of what strangers sent, and how many columns it takes (UAX #11).

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::ctl {

/// Whether printing this character could do more than show it: controls (C0, DEL, C1), line and paragraph
/// separators, bidirectional and invisible formatting.
bool is_control(char32_t character) noexcept;

/// One line that cannot manipulate a terminal: line feeds and tabs become spaces, other controls go, and
/// bytes that are no UTF-8 become U+FFFD.
std::string printable(std::string_view text);

/// Columns that printable UTF-8 text takes: East Asian wide characters two, combining marks none.
std::size_t display_width(std::string_view text) noexcept;

/// The text, or as much of its beginning as fits into `columns` together with an ellipsis.
std::string shortened(std::string_view text, std::size_t columns);

/// The words of `text` after `first`, which may already fill some columns, broken before `width`; further
/// lines are indented. Ends with a line feed.
std::string wrapped(std::string first, std::string_view text, std::size_t indent, std::size_t width);

/// The character at the front of well-formed UTF-8 of that many bytes.
char32_t decode_utf8(std::string_view text, std::size_t length) noexcept;

}  // namespace millrace::ctl
