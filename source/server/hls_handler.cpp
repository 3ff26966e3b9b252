#include "server/hls_handler.hpp"

#include "server/cors.hpp"
#include "server/hls_playlist_response.hpp"
#include "server/hls_request.hpp"
#include "server/hls_resource_response.hpp"
#include "server/playing.hpp"
#include "server/shared_state.hpp"

namespace millrace::server {

namespace {

hls::playlist_request to_fetch(const hls_request& asked, const registry::stream& stream) {
  if (!asked.sealed) {
    return {.target = stream.definition()->sources.front(),
            .imported = {},
            .posted = stream.posted(),
            .query = asked.query};
  }
  return {.target = asked.sealed->target,
          .imported = asked.sealed->variables,
          .posted = asked.sealed->marks.posted,
          .query = asked.query};
}

async::awaitable<void> serve(playing& play, const hls_request& asked) {
  play.posted = play.stream->posted() || (asked.sealed && asked.sealed->marks.posted);
  const auto of = play.context.worker.shared.hls.presentations.of(play.stream);
  const auto known = play.stream->definition();
  // Brought back by a segment's URL: its own playlist is not known before it is posted again.
  const bool headless = !play.stream->posted() && of->is_no_playlist(known->sources.front());
  if (headless && !asked.sealed) {
    co_await refuse_unknown(play.context);
    co_return;
  }
  if (headless && asked.sealed->kind == hls::uri_kind::playlist)
    play.stream->redefine(
        {.sources = {asked.sealed->target}, .user_agent = {}, .headers = {}, .metadata = {}});
  if (asked.sealed && asked.sealed->kind == hls::uri_kind::resource) {
    const auto outcome = co_await respond_resource(play, *of, *asked.sealed);
    if (outcome == resource_outcome::answered) co_return;
  }
  co_await respond_playlist(play, *of, to_fetch(asked, *play.stream));
}

/// Nothing when it is not known, and no token brings it back.
std::shared_ptr<registry::stream> find_stream(registry::directory& directory, const hls_request& asked) {
  auto known = directory.find_stream(asked.stream_id);
  if (known || !asked.sealed) return known;
  auto revived = directory.find_or_add(
      asked.stream_id, {.sources = {asked.sealed->target}, .user_agent = {}, .headers = {}, .metadata = {}});
  if (revived) revived->turned_out(registry::stream_kind::hls);
  return revived;
}

}  // namespace

async::awaitable<void> handle_hls(request_context& context) {
  auto& home = context.worker;
  const auto asked = parse_hls_request(context.captures.front(), context.request.target, home.sealer);
  if (!asked) {
    co_await respond_problem(context, asked.error().problem, open_to_all());
    co_return;
  }
  const auto stream = find_stream(home.shared.directory, *asked);
  if (!stream) {
    co_await refuse_unknown(context);
    co_return;
  }
  const auto body = [&](playing& response) { return serve(response, *asked); };
  co_await play(context, stream, asked->client_id, body);
}

}  // namespace millrace::server
