#pragma once
// What the tests of playlists share.

#include "hls/playlist.hpp"
#include "hls/rewriter.hpp"
#include "hls/uri_walk.hpp"

#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::hls {

inline std::ostream& operator<<(std::ostream& out, const problem& found) {
  return out << static_cast<int>(found.code) << ": " << to_string(found);
}
inline std::ostream& operator<<(std::ostream& out, uri_kind kind) {
  return out << (kind == uri_kind::playlist ? "playlist" : "resource");
}
inline std::ostream& operator<<(std::ostream& out, tag what) {
  return out << "tag " << static_cast<int>(what);
}
inline std::ostream& operator<<(std::ostream& out, const text_edit& edit) {
  return out << edit.begin << '+' << edit.size << ": " << edit.text;
}

}  // namespace millrace::hls

namespace millrace::test {

inline url parse_url(std::string_view text) {
  auto parsed = url::parse(text);
  if (!parsed) throw std::runtime_error("no URL: " + std::string(text));
  return *std::move(parsed);
}

/// A playlist that the test knows to be one.
inline hls::playlist parse(std::string text) {
  return hls::playlist::parse(std::move(text)).value();
}

inline const hls::variable_list& no_variables() {
  static const hls::variable_list none;
  return none;
}

struct seen_uri {
  hls::tag where;
  std::string attribute, reference, absolute, fragment;
  hls::uri_kind kind;
  hls::variable_list exported;
};

struct collector final : hls::uri_visitor {
  std::vector<seen_uri> seen;

  void visit(const hls::found_uri& found) override {
    seen.push_back({found.where, std::string(found.attribute), std::string(found.reference),
                    std::string(found.absolute), std::string(found.fragment), found.kind, found.exported});
  }
};

/// Puts "<absolute>" for each reference.
inline void write_absolute(const hls::found_uri& found, hls::rewritten_playlist& out) {
  out.text.append("<").append(found.absolute).append(">");
}

inline void write_same(const hls::found_uri& found, hls::rewritten_playlist& out) {
  out.text.append(found.reference);
}

inline hls::parse_result<hls::rewritten_playlist> rewrite(
    std::string text, const hls::reference_writer& write,
    std::string_view base = "http://h/a/b/list.m3u8?q=1",
    const hls::variable_list& imported = no_variables()) {
  const auto parsed = parse(std::move(text));
  const auto from = parse_url(base);
  return hls::rewrite({parsed, from, imported}, write);
}

}  // namespace millrace::test
