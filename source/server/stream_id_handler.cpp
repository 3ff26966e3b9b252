#include "server/stream_id_handler.hpp"

#include "live/run_broadcast.hpp"
#include "server/cors.hpp"
#include "server/first_look.hpp"
#include "server/live_response.hpp"
#include "server/media_response.hpp"
#include "server/shared_state.hpp"
#include "server/stream_request.hpp"

#include <algorithm>

namespace millrace::server {

namespace {

using registry::stream_kind;

media_request to_play(const stream_request& asked, const registry::stream& stream,
                      const registry::stream_definition& known) {
  media_request request{.sources = stream.trusted_sources(),
                        .headers = {},
                        .user_agent = known.user_agent,
                        .connections = asked.connections,
                        .chunk_size = asked.chunk_size,
                        .file_name = asked.file_name,
                        .pass_whole = true,
                        .guarded = !stream.posted()};
  for (const auto& [name, value] : known.headers)
    request.headers.add(name, value);
  return request;
}

std::unique_ptr<live::seat> find_seat(playing& play, const async::executor& here) {
  const auto show = play.context.worker.shared.on_air.find(play.stream->id());
  return show && show->stream() == play.stream ? show->join(here) : nullptr;
}

/// Puts the stream on the air with its first answer and takes a seat; in the broadcast of somebody who was
/// faster, if there is one.
std::unique_ptr<live::seat> go_on_air(media_response& of, upstream::range_answer answer,
                                      std::vector<std::byte> begun, const async::executor& here) {
  auto& home = of.context.worker;
  auto& shared = home.shared;
  auto show = std::make_shared<live::broadcast>(here, of.play.stream, shared.config.live, shared.buffers);
  auto seat = show->join(here);
  if (!shared.on_air.add(show)) {
    auto other = find_seat(of.play, here);
    if (other) return other;
    shared.on_air.replace(show);
  }
  const url source = of.file.sources[answer.source].original;
  live::connection first{.answer = std::move(answer), .begun = std::move(begun), .source = source};
  home.group.spawn(live::run_broadcast({home.live_upstream, shared.on_air}, std::move(show), std::move(first),
                                       of.file.profile));
  return seat;
}

async::awaitable<fetch_result<upstream::range_answer>> open(media_response& of) {
  return of.asked.live ? open_whole(of) : open_first(of);
}

/// The first answer is a live stream's: on the air with it.
async::awaitable<void> begin_live(media_response& of, upstream::range_answer answer,
                                  std::vector<std::byte> begun, std::unique_ptr<live::hub::opening> opening) {
  const async::executor here = co_await async::asio::this_coro::executor;
  const auto file_name = of.asked.file_name;
  if (of.context.is_head()) {
    co_await respond_live_head(of.play, file_name);
    co_return;
  }
  auto seat = go_on_air(of, std::move(answer), std::move(begun), here);
  opening.reset();
  co_await serve_live(of.play, std::move(seat), file_name);
}

/// Opens the stream and finds out what it is.
async::awaitable<void> open_and_serve(playing& play, media_request request,
                                      std::unique_ptr<live::hub::opening> opening) {
  const async::executor here = co_await async::asio::this_coro::executor;
  request.live = play.stream->kind() == stream_kind::live;
  media_response response(play, std::move(request), here);
  const auto known = play.stream->kind();
  bool served = false;
  if (known == stream_kind::file || known == stream_kind::body) served = co_await respond_cached(response);
  if (served) co_return;
  auto first = co_await open(response);
  if (!first) {
    // A range that lies outside is this client's own affair.
    const bool shared = first.error().code != errc::range_unsatisfiable;
    if (shared && opening) opening->failed(first.error());
    opening.reset();
    co_await respond_media(response, std::move(first));
    co_return;
  }
  auto seen = co_await look_at_answer(response.asked.sources.front(), *first);
  play.stream->turned_out(seen.kind);
  if (seen.kind == stream_kind::live) {
    co_await begin_live(response, std::move(*first), std::move(seen.begun), std::move(opening));
    co_return;
  }
  opening.reset();
  if (seen.kind == stream_kind::hls) {
    co_await lead_to_playlist(play, "../");
    co_return;
  }
  response.begun = std::move(seen.begun);
  co_await respond_media(response, std::move(first));
}

bool may_be_live(const playing& play, const media_request& request) {
  const auto kind = play.stream->kind();
  if (kind != stream_kind::undecided) return kind == stream_kind::live;
  return guess_by_url(request.sources.front()) != guess::something_else;
}

async::awaitable<void> serve(playing& play, media_request request) {
  const async::executor here = co_await async::asio::this_coro::executor;
  auto& on_air = play.context.worker.shared.on_air;
  if (play.stream->kind() == stream_kind::hls) {
    co_await lead_to_playlist(play, "../");
    co_return;
  }
  // Anybody may have made the stream with ?url=, a web page that wants to see the home network, too.
  if (request.guarded) play.web_readable = co_await may_web_read(play.context, request.sources);
  if (play.stream->kind() == stream_kind::live && play.context.is_head()) {
    co_await respond_live_head(play, request.file_name);
    co_return;
  }
  std::unique_ptr<live::hub::opening> opening;
  if (may_be_live(play, request)) {
    auto seat = find_seat(play, here);
    if (!seat) opening = on_air.try_open(play.stream->id());
    // What fails for one of many must not become a storm.
    while (!seat && !opening && may_be_live(play, request)) {
      auto failed = co_await on_air.wait_opened(play.stream->id());
      if (failed) {
        co_await refuse_live(play, std::move(*failed));
        co_return;
      }
      seat = find_seat(play, here);
      if (!seat) opening = on_air.try_open(play.stream->id());
    }
    if (seat && play.context.is_head()) {
      co_await respond_live_head(play, request.file_name);
      co_return;
    }
    if (seat) {
      co_await serve_live(play, std::move(seat), request.file_name);
      co_return;
    }
  }
  co_await open_and_serve(play, std::move(request), std::move(opening));
}

std::shared_ptr<registry::stream> find(const request_context& context) {
  return context.worker.shared.directory.find_stream(std::string(context.captures.front()));
}

}  // namespace

async::awaitable<void> handle_stream_id(request_context& context) {
  const auto asked = parse_play_query(context.query, context.worker.shared.config.transfer);
  if (!asked) {
    co_await respond_problem(context, asked.error().problem, open_to_all());
    co_return;
  }
  const auto stream = find(context);
  if (!stream) {
    co_await refuse_unknown(context);
    co_return;
  }
  const auto definition = stream->definition();
  const auto body = [&](playing& response) { return serve(response, to_play(*asked, *stream, *definition)); };
  co_await play(context, stream, asked->client_id, body);
}

}  // namespace millrace::server
