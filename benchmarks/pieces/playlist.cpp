// The parts of HLS rewriting, each alone: reading, resolving, sealing, and all of them for one playlist.

#include "hls/media_outline.hpp"
#include "hls/rewriter.hpp"
#include "hls/sealed_url.hpp"
#include "hls/uri_walk.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

using namespace millrace;

const url& base() {
  static const auto made =
      *url::parse("https://cdn.example.com/live/channel-17/1080p/index.m3u8?session=0123456789");
  return made;
}

/// Segments with plain relative names, or with absolute URLs as CDNs write them.
std::string media_text(int segments, bool absolute) {
  std::string text =
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:100000\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n";
  for (int i = 0; i < segments; ++i) {
    text += "#EXTINF:6.006000,\n";
    if (absolute) text += "https://edge-3.cdn.example.net/vod/1234/5678/1080p/";
    text += "segment_" + std::to_string(100'000 + i) + ".ts";
    text += absolute ? "?token=0123456789abcdef\n" : "\n";
  }
  return text + "#EXT-X-ENDLIST\n";
}

void count_bytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(text.size()));
}

struct counting final : hls::uri_visitor {
  std::size_t bytes = 0;
  void visit(const hls::found_uri& found) override { bytes += found.absolute.size(); }
};

void playlist_parse(benchmark::State& state) {
  const auto text = media_text(5'000, state.range(0) != 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(hls::playlist::parse_view(text));
  count_bytes(state, text);
}
BENCHMARK(playlist_parse)->Arg(0)->Arg(1);

void playlist_parse_and_resolve(benchmark::State& state) {
  const auto text = media_text(5'000, state.range(0) != 0);
  const hls::variable_list none;
  for (auto _ : state) {
    const auto parsed = hls::playlist::parse_view(text);
    counting all;
    if (hls::walk_uris({*parsed, base(), none}, all)) state.SkipWithError("a problem");
    benchmark::DoNotOptimize(all.bytes);
  }
  count_bytes(state, text);
}
BENCHMARK(playlist_parse_and_resolve)->Arg(0)->Arg(1);

void playlist_outline(benchmark::State& state) {
  const auto text = media_text(5'000, false);
  const auto parsed = hls::playlist::parse_view(text);
  for (auto _ : state)
    benchmark::DoNotOptimize(hls::outline_media(*parsed));
  count_bytes(state, text);
}
BENCHMARK(playlist_outline);

constexpr std::string_view stream_id = "0123456789abcdef0123456789abcdef";

void seal_url(benchmark::State& state) {
  hls::url_sealer sealer(hls::sealing_key::derive("secret"));
  const hls::variable_list none;
  std::vector<std::string> urls;
  for (int i = 0; i < 1'000; ++i)
    urls.push_back("https://edge-3.cdn.example.net/vod/1234/5678/1080p/segment_" +
                   std::to_string(100'000 + i) + ".ts?token=0123456789abcdef01");
  std::string out;
  std::size_t i = 0;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(sealer.seal(stream_id, urls[i++ % urls.size()], hls::uri_kind::resource,
                                         {.segment = true}, none, out));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetLabel(std::to_string(urls[0].size()) + " -> " + std::to_string(out.size()) + " bytes");
}
BENCHMARK(seal_url);

void open_url(benchmark::State& state) {
  hls::url_sealer sealer(hls::sealing_key::derive("secret"));
  const hls::variable_list none;
  std::string out;
  sealer.seal(stream_id,
              "https://edge-3.cdn.example.net/vod/1234/5678/1080p/segment_100000.ts?token=0123456789",
              hls::uri_kind::resource, {.segment = true}, none, out);
  const auto token = std::string_view(out).substr(out.find("&t=") + 3);
  for (auto _ : state)
    benchmark::DoNotOptimize(sealer.open(stream_id, "segment_100000.ts", token));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(open_url);

// A new upstream body: read, resolve, seal.
void playlist_rewrite(benchmark::State& state) {
  const auto text = media_text(static_cast<int>(state.range(0)), false);
  const hls::variable_list none;
  hls::url_sealer sealer(hls::sealing_key::derive("secret"));
  for (auto _ : state) {
    const auto parsed = hls::playlist::parse_view(text);
    benchmark::DoNotOptimize(hls::rewrite({*parsed, base(), none}, hls::sealing_writer{sealer, stream_id}));
  }
  count_bytes(state, text);
}
BENCHMARK(playlist_rewrite)->Arg(30)->Arg(5'000)->Unit(benchmark::kMicrosecond);

// The same body for one more client.
void playlist_copy(benchmark::State& state) {
  const auto text = media_text(static_cast<int>(state.range(0)), false);
  const hls::variable_list none;
  hls::url_sealer sealer(hls::sealing_key::derive("secret"));
  const auto parsed = hls::playlist::parse_view(text);
  const auto shared = hls::rewrite({*parsed, base(), none}, hls::sealing_writer{sealer, stream_id});
  for (auto _ : state)
    benchmark::DoNotOptimize(shared->with_client("0123456789abcdef0123456789abcdef"));
  count_bytes(state, shared->text);
}
BENCHMARK(playlist_copy)->Arg(30)->Arg(5'000)->Unit(benchmark::kMicrosecond);

}  // namespace
