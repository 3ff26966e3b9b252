#include "server/hls_playlist_response.hpp"

#include "core/log.hpp"
#include "server/cors.hpp"
#include "server/media_response.hpp"
#include "server/shared_state.hpp"
#include "server/stream_profile.hpp"
#include "server/upstream_problem.hpp"
#include "transfer/client_writer.hpp"

namespace millrace::server {

namespace asio = async::asio;

namespace {

/// Sends the head and the text with this client's id in it. Playlists may be large and clients slow: each
/// holds one part of the text at a time.
async::awaitable<void> send(playing& play, std::string head, const hls::rewritten_playlist& body) {
  constexpr std::size_t part_size = 1024 * 1024;
  const async::executor on = co_await asio::this_coro::executor;
  transfer::client_writer out(on, play.context.client, std::move(head),
                              play.context.worker.shared.config.listen.send_timeout);
  hls::personal_text text(body, play.client_id());
  std::string part;
  do {
    part.clear();
    if (!play.context.is_head()) text.append_next(part, part_size);
    const asio::const_buffer buffer(part.data(), part.size());
    std::size_t sent = 0;
    const auto ec = co_await out.send_all(std::span(&buffer, 1), sent);
    play.sent(sent);
    if (ec) {
      client_failed(play.context, ec);
      play.context.keep_alive = false;
      co_return;
    }
  } while (!play.context.is_head() && !text.finished());
}

http::field_list playlist_fields(const playing& play, const hls::served_playlist& served) {
  http::field_list fields;
  fields.add("Content-Type", "application/vnd.apple.mpegurl");
  fields.add("Cache-Control", "no-cache");
  play.add_identity(fields);
  if (may_read(play, served.location, served.remote)) add_cors(fields);
  return fields;
}

}  // namespace

bool may_read(const playing& play, const url& location, const asio::ip::tcp::endpoint& remote) {
  const auto& policy = play.context.worker.shared.policy;
  return play.posted || policy.web_readable(location.host(), remote.address());
}

async::awaitable<void> refuse_hls(playing& play, failure cause) {
  const auto known = play.stream->definition();
  log::warning("stream {}: {}", play.stream->id(), to_string(cause));
  play.stream->record_error(to_string(cause));
  auto answer = explain_sealed(cause);
  bool readable = play.posted;
  if (!readable) readable = co_await may_web_read(play.context, known->sources);
  if (readable) add_cors(answer.fields);
  co_await respond_problem(play.context, answer.problem, std::move(answer.fields));
}

async::awaitable<void> respond_playlist(playing& play, hls::presentation& of, hls::playlist_request asked) {
  auto& home = play.context.worker;
  const auto known = play.stream->definition();
  auto profile = profile_of(*known, home.shared.config);
  auto served =
      co_await hls::get_playlist(home.playlists, of, play.stream, std::move(profile), std::move(asked));
  if (!served) {
    co_await refuse_hls(play, served.error());
    co_return;
  }
  if (play.stream->kind() == registry::stream_kind::undecided)
    play.stream->turned_out(registry::stream_kind::hls);
  const auto& text = (*served)->body;
  auto fields = playlist_fields(play, **served);
  fields.set("Content-Length", std::to_string(text.size_with(play.client_id().size())));
  auto head = response_head(play.context, 200, std::move(fields));
  co_await send(play, std::move(head), text);
}

}  // namespace millrace::server
