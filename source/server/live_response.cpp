#include "server/live_response.hpp"

#include "core/log.hpp"
#include "live/viewer.hpp"
#include "server/cors.hpp"
#include "server/shared_state.hpp"
#include "server/upstream_problem.hpp"
#include "transfer/resource.hpp"

namespace millrace::server {

namespace {

/// HTTP/1.0 knows no chunks: the body lasts until the connection closes.
bool frame(playing& play, http::field_list& fields) {
  const bool chunked = play.context.request.version >= 11;
  if (chunked) {
    fields.set("Transfer-Encoding", "chunked");
  } else {
    play.context.keep_alive = false;
    play.unframed = true;
  }
  return chunked;
}

void conclude(playing& play, const live::viewing_result& result) {
  if (result.complete && !result.client_error) return;
  play.context.keep_alive = false;
  if (result.cause) {
    log::warning("stream {}: response cut: {}", play.stream->id(), to_string(*result.cause));
    play.stream->errors.fetch_add(1, std::memory_order_relaxed);
  } else {
    client_failed(play.context, result.client_error);
    log::debug("stream {}: client gone: {}", play.stream->id(), result.client_error.message());
  }
}

http::field_list live_fields(const playing& play, const std::string& file_name) {
  const auto definition = play.stream->definition();
  auto what = transfer::describe({}, definition->sources.front(), std::nullopt, file_name);
  what.media_type = "video/mp2t";
  auto fields = transfer::representation_fields(what);
  fields.set("Accept-Ranges", "none");
  fields.set("Cache-Control", "no-store");
  play.add_identity(fields);
  if (play.web_readable) add_cors(fields);
  return fields;
}

}  // namespace

async::awaitable<void> respond_live_head(playing& play, std::string file_name) {
  auto fields = live_fields(play, file_name);
  frame(play, fields);
  co_await respond_head(play.context, 200, std::move(fields));
}

async::awaitable<void> refuse_live(playing& play, failure cause) {
  play.stream->record_error(to_string(cause));
  auto answer = explain(cause);
  if (play.web_readable) add_cors(answer.fields);
  co_await respond_problem(play.context, answer.problem, std::move(answer.fields));
}

async::awaitable<void> serve_live(playing& play, std::unique_ptr<live::seat> seat, std::string file_name) {
  auto failed = co_await live::wait_first_piece(*seat);
  if (failed) {
    co_await refuse_live(play, std::move(*failed));
    co_return;
  }
  auto& shared = play.context.worker.shared;
  auto fields = live_fields(play, file_name);
  const bool chunked = frame(play, fields);
  live::viewing job{.head = response_head(play.context, 200, std::move(fields)),
                    .chunked = chunked,
                    .send_timeout = shared.config.listen.send_timeout,
                    .counters = shared.statistics,
                    .on_sent = [&play](std::size_t bytes) { play.sent(bytes); }};
  const auto result = co_await live::view(play.context.client, *seat, std::move(job));
  conclude(play, result);
}

}  // namespace millrace::server
