#include "hls/counterpart.hpp"

#include "hls/source_mapping.hpp"

#include <algorithm>

namespace millrace::hls {

namespace {

/// A source's own playlist may hold URLs that expire.
constexpr std::chrono::seconds seen_lately{60};

failure nothing_fits(const url& source) {
  return {.code = errc::source_differs,
          .detail = source.host_header() + " offers nothing that stands for what was asked for"};
}

playlist_source source_of(const seen_playlist& seen) {
  return {seen.fetched.text, seen.fetched.location, seen.imported};
}

bool is_source(const registry::stream_definition& definition, const url& target) {
  return std::find(definition.sources.begin(), definition.sources.end(), target) != definition.sources.end();
}

/// The variables that a playlist at this URL may import.
class export_finder : public uri_visitor {
 public:
  explicit export_finder(std::string_view absolute) : absolute_(absolute) {}
  void visit(const found_uri& found) override {
    if (found.kind == uri_kind::playlist && found.absolute == absolute_) exported = found.exported;
  }
  variable_list exported;

 private:
  std::string_view absolute_;
};

fetch_result<playlist_place> place_in(const seen_playlist& master, const std::string& absolute) {
  const auto where = url::parse(absolute);
  if (!where) return nothing_fits(master.fetched.location);
  export_finder exports(where->text());
  walk_uris(source_of(master), exports);
  return playlist_place{*where, std::move(exports.exported)};
}

async::awaitable<fetch_result<seen_ptr>> fetch_seen(lookup with, playlist_place place) {
  auto fetched = co_await fetch_playlist(with.tools.live, with.profile, place.where);
  if (!fetched) co_return fetched.error();
  co_return seen_ptr(std::make_shared<const seen_playlist>(
      seen_playlist{.fetched = std::move(*fetched), .imported = std::move(place.imported)}));
}

async::awaitable<fetch_result<seen_ptr>> top_of(lookup with, url source) {
  auto known = with.of.top(source);
  if (known && std::chrono::steady_clock::now() - known->at < seen_lately) co_return known;
  auto seen = co_await fetch_seen(with, {source, {}});
  if (seen) with.of.remember_top(source, *seen);
  co_return seen;
}

/// The playlist that failover maps from, as far as it has been seen.
mapped_master known_master(const presentation& of, const url& source) {
  const auto top = of.top(source);
  if (top && top->fetched.text.is_master()) {
    auto read = mapped_master::read(source_of(*top));
    if (read) return std::move(*read);
  }
  return {.base = top ? top->fetched.location.text() : source.text(), .uris = {}, .outline = {}};
}

bool is_rendition(const mapped_master& in, const std::string& absolute) {
  return std::any_of(in.outline.renditions.begin(), in.outline.renditions.end(), [&](const rendition& each) {
    const auto* found = absolute_at(in.uris, each.line);
    return found != nullptr && *found == absolute;
  });
}

/// The media playlist of that source which names the resource, as it was when it did.
std::optional<std::pair<url, mapped_media>> playlist_with(const presentation& of, const url& source,
                                                          const url& resource) {
  for (const auto& [where, seen] : of.media(source)) {
    auto read = mapped_media::read(source_of(*seen));
    if (!read) continue;
    const bool names_it = std::any_of(read->uris.begin(), read->uris.end(),
                                      [&](const auto& each) { return each.absolute == resource.text(); });
    if (names_it) return std::pair(where, std::move(*read));
  }
  return std::nullopt;
}

async::awaitable<fetch_result<seen_ptr>> media_at(lookup with, url source, playlist_place place) {
  for (const auto& [where, seen] : with.of.media(source)) {
    const bool lately = std::chrono::steady_clock::now() - seen->at < seen_lately;
    if (where == place.where && lately && with.of.live_target() == std::chrono::microseconds(0))
      co_return seen;
  }
  const url where = place.where;
  auto seen = co_await fetch_seen(with, std::move(place));
  if (seen && !(*seen)->fetched.text.is_master()) with.of.remember_media(source, where, *seen);
  co_return seen;
}

}  // namespace

std::optional<playlist_place> first_variant(const seen_playlist& master) {
  const auto read = mapped_master::read(source_of(master));
  if (!read) return std::nullopt;
  for (const auto& each : read->outline.variants) {
    const auto* absolute = each.kind == tag::stream_inf ? absolute_at(read->uris, each.uri_line) : nullptr;
    if (absolute == nullptr) continue;
    auto place = place_in(master, *absolute);
    if (place) return std::move(*place);
  }
  return std::nullopt;
}

async::awaitable<fetch_result<playlist_place>> find_playlist(lookup with, url source, playlist_place wanted) {
  if (is_source(with.definition, wanted.where)) co_return playlist_place{source, {}};
  const auto owner = with.of.owner_of(wanted.where);
  if (!owner || *owner == source) co_return wanted;
  auto top = co_await top_of(with, source);
  if (!top) co_return top.error();
  const auto from = known_master(with.of, *owner);
  if (!(*top)->fetched.text.is_master()) {
    // A source of one quality stands for all variants; whatever goes with them is in it or not there.
    if (is_rendition(from, wanted.where.text())) co_return nothing_fits(source);
    co_return playlist_place{source, {}};
  }
  const auto to = mapped_master::read(source_of(**top));
  if (!to) co_return nothing_fits(source);
  const auto found = map_playlist(from, *to, wanted.where.text());
  if (!found) co_return nothing_fits(source);
  co_return place_in(**top, *found);
}

async::awaitable<fetch_result<url>> find_resource(lookup with, url source, url wanted) {
  const auto owner = with.of.owner_of(wanted);
  if (!owner || *owner == source) co_return wanted;
  const auto from = playlist_with(with.of, *owner, wanted);
  if (!from) co_return nothing_fits(source);
  auto place = co_await find_playlist(with, source, {from->first, {}});
  if (!place) co_return place.error();
  auto seen = co_await media_at(with, source, std::move(*place));
  if (!seen) co_return seen.error();
  if ((*seen)->fetched.text.is_master()) {
    // The source that is mapped from had one quality only.
    auto variant = first_variant(**seen);
    if (!variant) co_return nothing_fits(source);
    seen = co_await media_at(with, source, std::move(*variant));
    if (!seen) co_return seen.error();
  }
  const auto to = mapped_media::read(source_of(**seen));
  if (!to) co_return nothing_fits(source);
  const auto found = map_resource(from->second, *to, wanted.text());
  if (!found) co_return nothing_fits(source);
  const auto where = url::parse(*found);
  if (!where) co_return nothing_fits(source);
  co_return *where;
}

resource_elsewhere::resource_elsewhere(const playlist_tools& tools, std::shared_ptr<presentation> of,
                                       std::shared_ptr<const registry::stream_definition> definition,
                                       upstream::request_profile profile, url resource, url used)
    : tools_(tools),
      of_(std::move(of)),
      definition_(std::move(definition)),
      profile_(std::move(profile)),
      resource_(std::move(resource)),
      used_(std::move(used)) {}

async::awaitable<std::optional<url>> resource_elsewhere::next(std::shared_ptr<resource_elsewhere> from) {
  const lookup with{from->tools_, *from->of_, *from->definition_, from->profile_};
  while (from->next_ < from->definition_->sources.size()) {
    const url source = from->definition_->sources[from->next_++];
    if (source == from->used_) continue;
    const auto found = co_await find_resource(with, source, from->resource_);
    if (found && !(*found == from->resource_)) co_return *found;
  }
  co_return std::nullopt;
}

}  // namespace millrace::hls
