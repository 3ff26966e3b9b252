#pragma once
// A playlist (draft-pantos-hls-rfc8216bis §4) as the lines of one text. Nothing is lost: the lines are places
// in the text, and what lies between and around them stays there.

#include "hls/problem.hpp"
#include "hls/tag.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::hls {

inline constexpr std::size_t largest_playlist = std::size_t{16} << 20;
/// Keeps the model of a hostile text within some tens of MiB.
inline constexpr std::size_t most_lines = 2'000'000;

/// One line without white space around it and without its end.
struct line {
  std::uint32_t begin;
  std::uint32_t size;
  tag what;
  std::uint8_t value_begin;  ///< where the tag's value begins in the line
};

/// The body begins with #EXTM3U, a byte order mark allowed: what decides whether something is rewritten.
bool is_playlist(std::string_view body) noexcept;

/// Immutable. Copies share the text.
class playlist {
 public:
  /// Keeps the text. Problems: too_large, not_a_playlist.
  static parse_result<playlist> parse(std::string text);
  /// The text has to outlive the playlist and its copies.
  static parse_result<playlist> parse_view(std::string_view text);

  /// Every byte that was given.
  std::string_view text() const noexcept { return text_; }
  /// The index of a line plus one is its number.
  const std::vector<line>& lines() const noexcept { return lines_; }
  std::string_view line_text(const line& of) const noexcept { return text_.substr(of.begin, of.size); }
  /// What follows "#NAME:"; empty for lines that are no known tag.
  std::string_view value(const line& of) const noexcept { return line_text(of).substr(of.value_begin); }

  /// A multivariant playlist; every other one is a media playlist.
  bool is_master() const noexcept { return master_; }
  bool has_definitions() const noexcept { return definitions_; }
  /// How this text ends its lines: "\n" or "\r\n", as its first line does.
  std::string_view line_end() const noexcept;

 private:
  playlist() = default;

  std::shared_ptr<const std::string> owned_;
  std::string_view text_;
  std::vector<line> lines_;
  bool master_ = false;
  bool definitions_ = false;
};

}  // namespace millrace::hls
