// The first line is the playlist's URL, the rest its text. Nothing but references changes, what is sealed
// opens again, the failover functions take whatever can be read, and what they make can be read again.

#include "fuzzing.hpp"
#include "hls/live_numbering.hpp"
#include "hls/media_query.hpp"
#include "hls/sealed_url.hpp"
#include "hls/source_mapping.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace millrace;

constexpr std::string_view stream = "0123456789abcdef0123456789abcdef";

void append_reference(const hls::found_uri& found, hls::rewritten_playlist& out) {
  out.text.append(found.reference);
}

void check_lines(const hls::playlist& text) {
  std::size_t end = 0;
  for (const auto& each : text.lines()) {
    fuzz::require(each.begin >= end && each.value_begin <= each.size);
    end = std::size_t{each.begin} + each.size;
    fuzz::require(end <= text.text().size());
  }
}

/// Every reference that is sealed leads where it led before.
void check_rewriting(const hls::playlist_source& source, hls::url_sealer& sealer) {
  const auto same = hls::rewrite(source, append_reference);
  if (!same.has_value()) return;
  fuzz::require(same->text == source.text.text());
  hls::rewritten_playlist scratch;
  const hls::sealing_writer seal{sealer, stream};
  const auto out = hls::rewrite(source, [&](const hls::found_uri& found, hls::rewritten_playlist& to) {
    seal(found, to);
    scratch.text.clear();
    seal(found, scratch);
    const std::string_view text = scratch.text;
    const auto query = text.substr(text.find('?') + 1);
    const auto split = hls::split_media_query(query.substr(0, query.find('#')));
    fuzz::require(split.has_value());
    const auto opened = sealer.open(stream, text.substr(0, text.find('?')), split->token);
    fuzz::require(opened.has_value() && opened->target.text() == found.absolute &&
                  opened->kind == found.kind);
    fuzz::require(found.kind == hls::uri_kind::resource || opened->variables == found.exported);
  });
  fuzz::require(out.has_value());
  const auto again = hls::playlist::parse(out->with_client("me"));
  fuzz::require(again.has_value() && again->lines().size() == source.text.lines().size());
}

/// Numbers only go up, and what comes out is a playlist with the same segments.
void check_live(const hls::playlist_source& source) {
  const auto outline = hls::outline_media(source.text);
  if (!outline.has_value()) return;
  hls::live_state state;
  state.begun = true;
  state.last_number = 1'000;
  state.last_discontinuity = 5;
  const auto edits = hls::continue_live(state, source.text, *outline, 1);
  const auto out = hls::rewrite(source, append_reference, edits);
  if (!out.has_value() || outline->segments.empty() ||
      source.text.text().find('\n') == std::string_view::npos)
    return;
  const auto text = hls::playlist::parse_view(out->text);
  fuzz::require(text.has_value());
  const auto told = hls::outline_media(*text);
  fuzz::require(told.has_value() && told->segments.size() == outline->segments.size());
  fuzz::require(state.last_number >= 1'000 + static_cast<std::int64_t>(outline->segments.size()));
  const auto repeated = state;
  fuzz::require(hls::continue_live(state, source.text, *outline, 1) == edits && state == repeated);
}

void check_mapping(const hls::playlist_source& source) {
  const auto media = hls::mapped_media::read(source);
  const auto master = hls::mapped_master::read(source);
  const auto other_base = url::parse("http://other/x/y.m3u8");
  const hls::playlist_source other{source.text, *other_base, source.imported};
  const auto other_media = hls::mapped_media::read(other);
  const auto other_master = hls::mapped_master::read(other);
  for (std::size_t i = 0;
       media.has_value() && other_media.has_value() && i < std::min<std::size_t>(media->uris.size(), 8); ++i)
    hls::map_resource(*media, *other_media, media->uris[i].absolute);
  for (std::size_t i = 0;
       master.has_value() && other_master.has_value() && i < std::min<std::size_t>(master->uris.size(), 8);
       ++i)
    hls::map_playlist(*master, *other_master, master->uris[i].absolute);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = hls::sealing_key::derive("secret");
  const auto input = fuzz::to_text(data, size);
  const auto line_end = std::min(input.find('\n'), input.size());
  const auto body = input.substr(std::min(line_end + 1, input.size()));
  const auto base = url::parse(input.substr(0, line_end));
  const auto text = hls::playlist::parse_view(body);
  fuzz::require(text.has_value() == hls::is_playlist(body));
  if (const auto query = hls::split_media_query(input.substr(0, line_end)); query && base)
    hls::with_directives(*base, query->directives);
  if (!text.has_value() || !base) return 0;
  fuzz::require(text->text() == body);
  check_lines(*text);
  const hls::variable_list imported{{"host", "cdn.example"}, {"empty", ""}};
  const hls::playlist_source source{*text, *base, imported};
  hls::url_sealer sealer(key);
  check_rewriting(source, sealer);
  check_live(source);
  check_mapping(source);
  return 0;
}
