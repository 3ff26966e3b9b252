#include "hls/playlist_service.hpp"

#include "async/combinators.hpp"
#include "hls/counterpart.hpp"
#include "hls/source_round.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace millrace::hls {

namespace {

/// One request that fetches; lives in the frame of get_playlist().
struct fetching {
  const playlist_tools& tools;
  presentation& of;
  const registry::stream& stream;
  const upstream::request_profile& profile;
  const playlist_request& asked;
  const media_query& query;
  bool posted;
  source_round& round;
  track& shown;
};

/// What a source gave that stands still: better than nothing when no other source has more.
struct stale_playlist {
  url source;
  seen_ptr seen;
};

failure unreadable(const url& location, const problem& why) {
  return {.code = errc::not_a_playlist,
          .location = location.text(),
          .detail = location.host_header() + " sends no playlist that can be read: " + to_string(why)};
}

/// How long a source that gave live playlists before may keep silent.
const upstream::services& patience(const fetching& now) {
  if (now.query.blocking()) return now.tools.patient;
  return now.of.live_target() > std::chrono::microseconds(0) ? now.tools.live : now.tools.files;
}

using fetch_outcome = std::optional<fetch_result<fetched_playlist>>;

async::awaitable<fetch_outcome> fetch(const upstream::services& with, upstream::request_profile profile,
                                      url where) {
  co_return co_await fetch_playlist(with, std::move(profile), std::move(where));
}

/// A playlist is small: one that trickles would keep all its viewers waiting.
async::awaitable<fetch_result<fetched_playlist>> fetch_in_time(const upstream::services& with,
                                                               upstream::request_profile profile, url where,
                                                               std::chrono::microseconds target) {
  const auto limit = std::max<std::chrono::microseconds>(with.config.upstream.read_timeout, target);
  const std::string host = where.host_header();
  auto fetching = fetch(with, std::move(profile), std::move(where));
  auto fetched = co_await async::with_timeout(limit, std::move(fetching));
  if (fetched) co_return std::move(**fetched);
  const auto seconds = std::chrono::duration_cast<std::chrono::duration<double>>(limit).count();
  co_return failure{.code = errc::read_timeout,
                    .detail = host + " has not sent its playlist within " +
                              std::to_string(static_cast<long>(seconds + 0.5)) + " s"};
}

async::awaitable<fetch_result<seen_ptr>> fetch_at(const fetching& now, playlist_place place,
                                                  std::string directives) {
  const auto asked_at = track::clock::now();
  const auto where = with_directives(place.where, directives);
  if (!where) co_return failure{.code = where.error()};
  auto fetched = co_await fetch_in_time(patience(now), now.profile, *where, now.of.live_target());
  if (!fetched) co_return fetched.error();
  co_return seen_ptr(std::make_shared<const seen_playlist>(
      seen_playlist{.fetched = std::move(*fetched), .imported = std::move(place.imported), .at = asked_at}));
}

/// Since when the text has been there. Players reload a target duration after they have asked: they are not
/// to get the old one because they are early by a hair.
track::clock::time_point known_since(const fetching& now, const seen_playlist& seen) {
  constexpr std::chrono::milliseconds hair{50};
  return now.query.blocking() ? track::clock::now() : seen.at - hair;
}

bool is_own(const fetching& now, const url& where) {
  const auto& sources = now.round.definition().sources;
  return std::find(sources.begin(), sources.end(), where) != sources.end();
}

/// For failover, where there is any.
void remember(const fetching& now, const url& source, const url& where, const seen_ptr& seen) {
  if (!now.round.several()) return;
  if (is_own(now, where)) now.of.remember_top(source, seen);
  if (!seen->fetched.text.is_master()) now.of.remember_media(source, where, seen);
  now.of.join(now.asked.target, where);
}

fetch_result<served_ptr> rewrite_seen(const fetching& now, const url& source, const seen_playlist& seen,
                                      bool whole) {
  const auto slot = now.of.slot(source);
  const sealing_writer seal{now.tools.sealer, now.stream.id(), now.posted};
  const bool several = now.round.several();
  std::vector<std::size_t> named;
  const auto write = [&](const found_uri& found, rewritten_playlist& out) {
    if (several) named.push_back(presentation::key_of(found.absolute));
    seal(found, out);
  };
  auto served = now.shown.take(seen.fetched, seen.imported, slot, whole, {write, now.posted}, now.tools.room,
                               known_since(now, seen));
  if (!served) return unreadable(seen.fetched.location, served.error());
  now.of.remember_owners(named, slot);
  if ((*served)->live) now.of.saw_live((*served)->target);
  return std::move(*served);
}

std::optional<failure> stuck(const fetching& now, const seen_playlist& seen) {
  const auto slot = now.of.slot(now.round.current());
  const auto unchanged = now.shown.stands_still(seen.fetched, slot, track::clock::now());
  if (!unchanged) return std::nullopt;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*unchanged);
  return failure{.code = errc::body_ended,
                 .location = seen.fetched.location.text(),
                 .detail = seen.fetched.location.host_header() +
                           " has added nothing to its live playlist for " + std::to_string(seconds.count()) +
                           " s"};
}

/// The one that players follow already, else the first.
void keep_stale(const fetching& now, std::optional<stale_playlist>& stale, const url& source,
                const seen_ptr& seen) {
  if (!stale || now.shown.follows(now.of.slot(source))) stale = {source, seen};
}

async::awaitable<fetch_result<served_ptr>> fetch_from_current(const fetching& now,
                                                              std::optional<stale_playlist>& stale) {
  const url source = now.round.current();
  const lookup with{now.tools, now.of, now.round.definition(), now.profile};
  auto place = co_await find_playlist(with, source, {now.asked.target, now.asked.imported});
  if (!place) co_return place.error();
  url where = place->where;
  const auto directives = now.shown.directives_for(now.query, now.of.slot(source));
  auto seen = co_await fetch_at(now, std::move(*place), directives);
  if (!seen) co_return seen.error();
  remember(now, source, where, *seen);
  if ((*seen)->fetched.text.is_master() && now.shown.is_media()) {
    // Players follow a media playlist here: the source before had one quality only.
    auto variant = first_variant(**seen);
    if (!variant) co_return unreadable(where, {problem_code::not_a_playlist});
    where = variant->where;
    seen = co_await fetch_at(now, std::move(*variant), {});
    if (!seen) co_return seen.error();
    remember(now, source, where, *seen);
  }
  const bool whole = directives.find("_HLS_skip") == std::string::npos;
  auto still = whole && now.round.several() ? stuck(now, **seen) : std::nullopt;
  if (still) {
    keep_stale(now, stale, source, *seen);
    co_return std::move(*still);
  }
  co_return rewrite_seen(now, source, **seen, whole);
}

async::awaitable<fetch_result<served_ptr>> fetch_from_any(const fetching& now) {
  std::optional<stale_playlist> stale;
  for (;;) {
    auto outcome = co_await fetch_from_current(now, stale);
    if (outcome) {
      now.round.succeeded();
      co_return outcome;
    }
    const bool still = outcome.error().code == errc::body_ended;
    auto recovered = co_await now.round.recover(outcome.error(), still);
    if (recovered) continue;
    if (stale) co_return rewrite_seen(now, stale->source, *stale->seen, true);
    co_return recovered.error();
  }
}

}  // namespace

async::awaitable<fetch_result<served_ptr>> get_playlist(const playlist_tools& tools, presentation& of,
                                                        std::shared_ptr<registry::stream> stream,
                                                        upstream::request_profile profile,
                                                        playlist_request asked) {
  const auto query = split_media_query(asked.query).value_or(media_query());
  const auto shown = of.track_of(asked.target);
  const bool posted = stream->posted() || asked.posted;
  const auto key = stream->id() + (posted ? "\n+" : "\n-") + asked.target.text() + '\n' + query.directives;
  for (;;) {
    source_round round(tools.files, stream, blame::source);
    if (query.directives.empty()) {
      auto kept = shown->fresh(of.slot(round.current()), posted, track::clock::now());
      if (kept) co_return kept;
    }
    auto turn = tools.flights.join(key);
    if (const auto* waiting = std::get_if<playlist_flights::ticket>(&turn)) {
      auto outcome = co_await waiting->wait();
      if (outcome) co_return std::move(*outcome);
      continue;
    }
    const fetching now{tools, of, *stream, profile, asked, query, posted, round, *shown};
    auto outcome = co_await fetch_from_any(now);
    std::get<playlist_flights::lead>(turn).finish(outcome);
    co_return outcome;
  }
}

}  // namespace millrace::hls
