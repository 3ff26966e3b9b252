#pragma once
// What the tests of /hls ask of a server: playlists on the scripted origin, and players that follow what the
// rewritten ones say.

#include "server/live_support.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::test {

inline constexpr std::string_view playlist_type = "application/vnd.apple.mpegurl";

/// live_test_settings() with a key that does not change from start to start.
inline settings hls_test_settings() {
  auto config = live_test_settings();
  config.hls.secret = "of these tests";
  return config;
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The lines that are references.
inline std::vector<std::string> uris_of(std::string_view text) {
  auto lines = lines_of(text);
  std::erase_if(lines, [](const auto& each) { return each.empty() || each.starts_with('#'); });
  return lines;
}

/// The value of URI="…" in the first line that begins so.
inline std::string attribute_uri(std::string_view text, std::string_view beginning,
                                 std::string_view name = "URI") {
  for (const auto& line : lines_of(text)) {
    if (!line.starts_with(beginning)) continue;
    const auto mark = std::string(name) + "=\"";
    const auto begin = line.find(mark);
    if (begin == std::string::npos) return {};
    const auto from = begin + mark.size();
    return line.substr(from, line.find('"', from) - from);
  }
  return {};
}

/// The value of `#TAG:value`; empty when there is no such line.
inline std::string tag_value(std::string_view text, const std::string& tag) {
  for (const auto& line : lines_of(text)) {
    if (line.starts_with(tag + ":")) return line.substr(tag.size() + 1);
  }
  return {};
}

/// The path segment of a rewritten URI.
inline std::string name_in(std::string_view uri) {
  return std::string(uri.substr(0, uri.find('?')));
}

/// A media playlist of segments NAME0.ts, NAME1.ts, …
struct media_text {
  std::string names = "seg";
  std::uint64_t first = 0;
  std::size_t count = 3;
  bool ended = true;
  int target = 2;
  std::string extension = ".ts";

  std::string text() const {
    std::string all = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:" + std::to_string(target) +
                      "\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) + "\n";
    for (std::size_t i = 0; i < count; ++i)
      all += "#EXTINF:" + std::to_string(target) + ".0,\n" + names + std::to_string(first + i) + extension +
             "\n";
    if (ended) all += "#EXT-X-ENDLIST\n";
    return all;
  }
};

struct hls_fixture : live_fixture {
  explicit hls_fixture(settings config = hls_test_settings(),
                       origin::server_options options = {.query_behaviour = false})
      : live_fixture(std::move(config), std::move(options)) {}

  /// A playlist on the origin.
  void set_text(const std::string& path, std::string text, std::string_view type = playlist_type) {
    origin::behaviour rules;
    rules.text = std::move(text);
    rules.content_type = std::string(type);
    origin.set(path, std::move(rules));
  }
  /// In place: the path's request numbers go on.
  void change_text(const std::string& path, const std::string& text) {
    origin.update(path, [&](origin::behaviour& rules) { rules.text = text; });
  }
  void set_bytes(const std::string& path, std::uint64_t size, std::uint64_t seed) {
    origin.set(path, {.size = size, .seed = seed});
  }
  void set_media(const std::string& path, const media_text& what) { set_text(path, what.text()); }
  /// The segments that such a playlist names, in this folder: 10,000 bytes each, of the seed `seed` + number.
  void set_segments(const std::string& folder, const media_text& what, std::uint64_t seed,
                    std::uint64_t size = 10'000) {
    for (std::size_t i = 0; i < what.count; ++i) {
      const auto number = what.first + i;
      set_bytes(folder + what.names + std::to_string(number) + what.extension, size, seed + number);
    }
  }

  static std::string playlist_path(const std::string& id) { return "/hls/" + id + "/playlist.m3u8"; }
  raw_response playlist(const std::string& id, const std::string& query = {}) const {
    return server.request("GET", playlist_path(id) + (query.empty() ? query : "?" + query));
  }
  /// What a player asks for that resolves `uri` against the playlist's URL.
  static std::string followed(const std::string& id, const std::string& uri) {
    return "/hls/" + id + "/" + uri;
  }
  raw_response follow(const std::string& id, const std::string& uri, const std::string& lines = {},
                      const std::string& method = "GET") const {
    return server.request(method, followed(id, uri), lines);
  }
  std::size_t asked(const std::string& path) const { return origin.requests(path).size(); }
  /// The media playlist's references, after the head has been checked.
  std::vector<std::string> segments(const std::string& id) const {
    const auto answer = playlist(id);
    BOOST_REQUIRE_EQUAL(answer.status, 200);
    return uris_of(answer.body);
  }
};

inline origin::behaviour answering(int status) {
  origin::behaviour rules;
  rules.status = origin::status_reply{.status = status};
  return rules;
}

/// A stream with the source /a/m.m3u8 and the backup /b/m.m3u8. Their segments have the seeds 100 and 200 +
/// number.
struct two_sources : hls_fixture {
  explicit two_sources(const media_text& one = {}, const media_text& other = {},
                       settings config = hls_test_settings())
      : hls_fixture(std::move(config)) {
    show("/a/", one, 100);
    show("/b/", other, 200);
    id = post({"/a/m.m3u8", "/b/m.m3u8"});
  }
  void show(const std::string& folder, const media_text& what, std::uint64_t seed) {
    set_media(folder + "m.m3u8", what);
    set_segments(folder, what, seed);
  }
  void kill(const std::string& path, int status = 404) { origin.set(path, answering(status)); }

  std::string id;
};

/// The head that every playlist has.
inline void check_playlist_head(const raw_response& response) {
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Content-Type").value_or("") == playlist_type);
  BOOST_TEST(response.header("Cache-Control").value_or("") == "no-cache");
  BOOST_TEST(response.header("Access-Control-Allow-Origin").value_or("") == "*");
  BOOST_TEST(!response.header("X-Client-ID").value_or("").empty());
  BOOST_TEST(!response.header("X-Stream-ID").value_or("").empty());
}

}  // namespace millrace::test
