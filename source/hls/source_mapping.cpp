#include "hls/source_mapping.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace millrace::hls {

namespace {

std::string_view without_query(std::string_view reference) noexcept {
  return reference.substr(0, reference.find('?'));
}

/// The URL behind the one relative reference that matches; nullopt when several URLs do.
template <class Matches>
std::optional<std::string> only_match(const std::vector<mapped_uri>& uris, uri_kind kind, Matches matches) {
  const mapped_uri* found = nullptr;
  for (const auto& each : uris) {
    if (each.kind != kind || !matches(each.relative)) continue;
    if (found != nullptr && found->absolute != each.absolute) return std::nullopt;
    found = &each;
  }
  return found == nullptr ? std::nullopt : std::optional(found->absolute);
}

/// Providers put their own access tokens into the query, so without it names still tell what is meant, as
/// long as they tell it on both sides.
std::optional<std::string> match_relative(const std::vector<mapped_uri>& from,
                                          const std::vector<mapped_uri>& to, uri_kind kind,
                                          std::string_view wanted) {
  if (auto same = only_match(to, kind, [wanted](std::string_view each) { return each == wanted; }))
    return same;
  const auto path = without_query(wanted);
  const auto alike = [path](std::string_view each) { return without_query(each) == path; };
  const bool unambiguous = std::none_of(from.begin(), from.end(), [&](const mapped_uri& each) {
    return each.kind == kind && alike(each.relative) && each.relative != wanted;
  });
  return unambiguous && !path.empty() ? only_match(to, kind, alike) : std::nullopt;
}

/// Where the URI of a variant or rendition stands.
const std::string* absolute_of(const mapped_master& in, const variant& each) noexcept {
  return absolute_at(in.uris, each.uri_line);
}
const std::string* absolute_of(const mapped_master& in, const rendition& each) noexcept {
  return absolute_at(in.uris, each.line);
}

std::int64_t distance(std::int64_t a, std::int64_t b) noexcept {
  return std::abs(a - b);
}

std::optional<std::string> nearest_variant(const variant& wanted, const mapped_master& to) {
  const std::string* best = nullptr;
  // Among equal bit rates, the one that looks the same.
  using rank = std::tuple<std::int64_t, bool, bool, bool>;
  rank best_rank;
  for (const auto& each : to.outline.variants) {
    const auto* absolute = absolute_of(to, each);
    if (absolute == nullptr || each.kind != wanted.kind) continue;
    const rank found(distance(each.bandwidth, wanted.bandwidth), each.resolution != wanted.resolution,
                     each.codecs != wanted.codecs, each.name != wanted.name);
    if (best != nullptr && best_rank <= found) continue;
    best = absolute;
    best_rank = found;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

/// The highest bit rate that plays with a group of renditions: groups come in qualities, too.
std::int64_t group_bandwidth(const master_outline& in, const rendition& each) noexcept {
  std::int64_t highest = 0;
  for (const auto& play : in.variants) {
    const auto& group = each.type == "AUDIO"       ? play.audio
                        : each.type == "VIDEO"     ? play.video
                        : each.type == "SUBTITLES" ? play.subtitles
                                                   : play.closed_captions;
    if (group == each.group_id) highest = std::max(highest, play.bandwidth);
  }
  return highest;
}

/// How well a rendition stands for another; 0 when it does not: nobody wants another language.
int likeness(const rendition& wanted, const rendition& each) noexcept {
  if (each.type != wanted.type) return 0;
  if (!each.language.empty() && !wanted.language.empty() && each.language != wanted.language) return 0;
  const bool same_language = !wanted.language.empty() && each.language == wanted.language;
  return (same_language ? 4 : 0) + (each.name == wanted.name ? 2 : 0) +
         (each.group_id == wanted.group_id ? 1 : 0);
}

std::optional<std::string> nearest_rendition(const rendition& wanted, const mapped_master& from,
                                             const mapped_master& to) {
  const auto bandwidth = group_bandwidth(from.outline, wanted);
  const std::string* best = nullptr;
  int best_likeness = 0;
  std::int64_t best_distance = 0;
  for (const auto& each : to.outline.renditions) {
    const auto* absolute = absolute_of(to, each);
    const auto alike = likeness(wanted, each);
    if (absolute == nullptr || alike == 0 || alike < best_likeness) continue;
    const auto away = distance(group_bandwidth(to.outline, each), bandwidth);
    if (alike == best_likeness && away >= best_distance) continue;
    best = absolute;
    best_likeness = alike;
    best_distance = away;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

bool same_range(const segment& a, const segment& b) noexcept {
  return a.offset == b.offset && a.length == b.length;
}

/// A URL may stand for several positions (sub-ranges of one file): then all have to agree, also in the
/// ranges, because the player's Range goes to the new URL.
std::optional<std::string> segment_by_position(const mapped_media& from, const mapped_media& to,
                                               std::string_view wanted) {
  const std::string* found = nullptr;
  for (std::size_t i = 0; i < from.outline.segments.size(); ++i) {
    const auto& mine = from.outline.segments[i];
    const auto* absolute = absolute_at(from.uris, mine.line);
    if (absolute == nullptr || *absolute != wanted) continue;
    if (i >= to.outline.segments.size()) return std::nullopt;
    const auto* other = absolute_at(to.uris, to.outline.segments[i].line);
    if (other == nullptr || !same_range(mine, to.outline.segments[i])) return std::nullopt;
    if (found != nullptr && *found != *other) return std::nullopt;
    found = other;
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

/// A map or a key stands where the first segment stands that needs it. Keys in force together keep their
/// order.
std::optional<std::string> companion_by_position(const mapped_media& from, const mapped_media& to,
                                                 std::string_view wanted) {
  const auto count = std::min(from.outline.segments.size(), to.outline.segments.size());
  const auto leads_to_wanted = [&](line_index line) {
    const auto* absolute = line == no_line ? nullptr : absolute_at(from.uris, line);
    return absolute != nullptr && *absolute == wanted;
  };
  const auto target = [&](line_index line) {
    const auto* absolute = line == no_line ? nullptr : absolute_at(to.uris, line);
    return absolute == nullptr ? std::nullopt : std::optional(*absolute);
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto& mine = from.outline.segments[i];
    const auto& other = to.outline.segments[i];
    if (leads_to_wanted(mine.map)) return target(other.map);
    const auto& keys = from.outline.key_sets[mine.keys];
    const auto& other_keys = to.outline.key_sets[other.keys];
    for (std::size_t k = 0; k < keys.size(); ++k) {
      if (leads_to_wanted(keys[k])) return k < other_keys.size() ? target(other_keys[k]) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> map_playlist(const mapped_master& from, const mapped_master& to,
                                        std::string_view wanted) {
  if (wanted == from.base) return to.base;
  if (auto same =
          match_relative(from.uris, to.uris, uri_kind::playlist, relative_reference(from.base, wanted)))
    return same;
  for (const auto& each : from.outline.variants) {
    const auto* absolute = absolute_of(from, each);
    if (absolute != nullptr && *absolute == wanted) return nearest_variant(each, to);
  }
  for (const auto& each : from.outline.renditions) {
    const auto* absolute = absolute_of(from, each);
    if (absolute == nullptr || *absolute != wanted) continue;
    if (auto found = nearest_rendition(each, from, to)) return found;
  }
  return std::nullopt;
}

std::optional<std::string> map_resource(const mapped_media& from, const mapped_media& to,
                                        std::string_view wanted) {
  if (auto same =
          match_relative(from.uris, to.uris, uri_kind::resource, relative_reference(from.base, wanted)))
    return same;
  if (from.outline.is_live() || to.outline.is_live()) return std::nullopt;
  if (auto found = segment_by_position(from, to, wanted)) return found;
  return companion_by_position(from, to, wanted);
}

}  // namespace millrace::hls
