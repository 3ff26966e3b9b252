#include "server/hls_opening.hpp"

#include "hls/counterpart.hpp"
#include "hls/source_round.hpp"
#include "http/content_coding.hpp"
#include "http/media_type.hpp"
#include "server/shared_state.hpp"
#include "server/stream_profile.hpp"
#include "transfer/cache_use.hpp"

namespace millrace::server {

namespace asio = async::asio;

namespace {

/// A byte order mark and #EXTM3U.
constexpr std::size_t enough = 16;

struct opening {
  playing& play;
  hls::presentation& of;
  const url& target;
  upstream::request_profile profile;
  hls::source_round round;
  const upstream::services& services;
  bool broke = false;  ///< the last connection did: not another kept one
};

const upstream::services& services_of(const playing& play, const hls::presentation& of) {
  auto& home = play.context.worker;
  return of.live_target() > std::chrono::microseconds(0) ? home.live_upstream : home.upstream;
}

/// Whether the answer shows what the resource is.
bool shows_beginning(const upstream::wanted& bytes) {
  const auto* range = std::get_if<byte_range>(&bytes);
  if (range == nullptr) return std::holds_alternative<upstream::wanted_all>(bytes);
  return range->begin == 0 && range->size() >= enough;
}

/// Of a HEAD request only the answer's head counts, so it may ask for enough.
upstream::wanted for_head(upstream::wanted bytes) {
  const auto* range = std::get_if<byte_range>(&bytes);
  const bool first = range != nullptr && range->begin == 0 && range->size() < enough;
  return first ? byte_range{0, enough} : bytes;
}

bool is_playlist(std::span<const std::byte> bytes) {
  return hls::is_playlist({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// The first bytes of a body that cannot be peeked at.
async::awaitable<void> read_beginning(opened_resource& of) {
  of.begun.resize(enough);
  std::size_t have = 0;
  while (have < enough) {
    error_code ec;
    if (!of.answer.body.ready()) ec = co_await of.answer.body.wait_body();
    if (!ec) have += of.answer.body.read_body(std::span(of.begun).subspan(have), ec);
    if (ec && ec != asio::error::would_block) break;
  }
  of.begun.resize(have);
}

/// What comes back decides, not what it was asked as.
async::awaitable<void> look_for_playlist(opened_resource& of) {
  const auto& head = of.answer.body.head();
  // A type alone proves nothing, but where bytes cannot be read.
  of.playlist =
      !http::content_codings(head.fields).empty() && http::is_playlist(head.fields.get("Content-Type"));
  if (of.playlist) co_return;
  if (head.body == http::framing::length) {
    const auto beginning = co_await of.answer.body.peek(enough);
    of.playlist = is_playlist(beginning);
  } else if (!of.answer.partial && head.body != http::framing::none) {
    co_await read_beginning(of);
    of.playlist = is_playlist(of.begun);
  }
}

/// Of an answer that is of no other use.
async::awaitable<void> look_into(opened_resource& of) {
  co_await look_for_playlist(of);
  const auto framing = of.answer.body.head().body;
  if (of.playlist || !of.answer.partial || framing == http::framing::length) co_return;
  co_await read_beginning(of);
  of.playlist = is_playlist(of.begun);
}

async::awaitable<fetch_result<opened_resource>> open_at(opening& now, url where, upstream::wanted bytes) {
  const async::executor here = co_await asio::this_coro::executor;
  std::vector<url> urls{std::move(where)};
  auto file = std::make_unique<upstream::remote_file>(now.services, here, now.profile, std::move(urls));
  file->whole_will_do = true;
  file->wary = now.broke;
  const auto missing = transfer::less_cached(bytes, transfer::find_cached(*file), enough);
  auto answer = co_await upstream::open_range(*file, missing);
  if (!answer) {
    now.broke = answer.error().code != errc::unexpected_status;
    co_return answer.error();
  }
  co_return opened_resource{.file = std::move(file), .answer = std::move(*answer)};
}

/// A Range into the middle does not show what the whole is.
async::awaitable<fetch_result<bool>> begins_as_playlist(opening& now, url where) {
  if (now.of.is_no_playlist(now.target)) co_return false;
  auto opened = co_await open_at(now, std::move(where), byte_range{0, enough});
  if (!opened) co_return opened.error();
  co_await look_into(*opened);
  opened->answer.body.discard();
  co_return opened->playlist;
}

/// Parts without a length cannot be peeked at, nor be read in part.
bool is_hidden(const opened_resource& of) {
  return of.answer.partial && of.answer.body.head().body != http::framing::length;
}

/// For a fetch that breaks in the middle.
void add_other_sources(opening& now, upstream::remote_file& file) {
  if (!now.round.several()) return;
  auto& home = now.play.context.worker;
  auto elsewhere = std::make_shared<hls::resource_elsewhere>(
      home.playlists, home.shared.hls.presentations.of(now.play.stream), now.round.shared_definition(),
      now.profile, now.target, now.round.current());
  file.find_another = [elsewhere] { return hls::resource_elsewhere::next(elsewhere); };
}

async::awaitable<fetch_result<opened_resource>> open_at_current(opening& now, upstream::wanted bytes) {
  const hls::lookup with{now.play.context.worker.playlists, now.of, now.round.definition(), now.profile};
  auto where = co_await hls::find_resource(with, now.round.current(), now.target);
  if (!where) co_return where.error();
  if (now.play.context.is_head()) bytes = for_head(bytes);
  if (!shows_beginning(bytes)) {
    const auto list = co_await begins_as_playlist(now, *where);
    if (!list) co_return list.error();
    if (*list) {
      bytes = upstream::wanted_all{};
    } else {
      now.of.remember_no_playlist(now.target);
    }
  }
  auto opened = co_await open_at(now, *where, bytes);
  if (!opened) co_return opened;
  if (shows_beginning(bytes)) co_await look_for_playlist(*opened);
  if (!opened->playlist && is_hidden(*opened)) {
    const auto list = co_await begins_as_playlist(now, *where);
    if (!list) co_return list.error();
    opened->playlist = *list;
  }
  if (!opened->playlist) now.of.remember_no_playlist(now.target);
  add_other_sources(now, *opened->file);
  co_return opened;
}

}  // namespace

std::unique_ptr<upstream::remote_file> find_unopened(playing& play, const hls::presentation& of,
                                                     const url& target, const async::executor& here) {
  if (!of.is_no_playlist(target)) return nullptr;
  const auto known = play.stream->definition();
  auto profile = profile_of(*known, play.context.worker.shared.config);
  return std::make_unique<upstream::remote_file>(services_of(play, of), here, std::move(profile),
                                                 std::vector{target});
}

async::awaitable<fetch_result<opened_resource>> open_resource(playing& play, hls::presentation& of,
                                                              url target, upstream::wanted bytes) {
  const auto& services = services_of(play, of);
  const auto known = play.stream->definition();
  opening now{.play = play,
              .of = of,
              .target = target,
              .profile = profile_of(*known, play.context.worker.shared.config),
              .round = hls::source_round(services, play.stream, hls::blame::resource),
              .services = services};
  // Players that still hold URLs of a source that is not in use any more must not wait long for it.
  const auto owner = of.owner_of(target);
  const bool outdated = owner && !(*owner == now.round.current());
  for (;;) {
    auto opened = co_await open_at_current(now, bytes);
    if (opened) {
      now.round.succeeded();
      co_return opened;
    }
    const auto& cause = opened.error();
    if (cause.code == errc::range_unsatisfiable && cause.total) co_return opened;
    auto recovered = co_await now.round.recover(cause, outdated);
    if (!recovered) co_return recovered.error();
  }
}

}  // namespace millrace::server
