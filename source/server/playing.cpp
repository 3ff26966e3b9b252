#include "server/playing.hpp"

#include "core/log.hpp"
#include "server/cors.hpp"
#include "server/shared_state.hpp"
#include "transfer/client_watch.hpp"

#include <boost/asio/post.hpp>

namespace millrace::server {

namespace {

async::awaitable<void> refuse_client(request_context& context) {
  const http::problem problem{.code = http::problem_code::forbidden,
                              .detail = "This client was disconnected by the operator. Try again later.",
                              .status = {}};
  co_await respond_problem(context, problem, open_to_all());
}

/// What other threads reach the response by: they post to its event loop, where it is looked for again.
struct remote_handle {
  explicit remote_handle(const async::executor& on) : ended(on) {}

  async::event ended;
  bool stopped = false;
  playing* response = nullptr;
};

registry::playback_control control_of(const async::executor& on,
                                      const std::shared_ptr<remote_handle>& handle) {
  std::weak_ptr<remote_handle> weak = handle;
  return {.stop =
              [on, weak] {
                async::asio::post(on, [weak] {
                  const auto alive = weak.lock();
                  if (!alive) return;
                  alive->stopped = true;
                  alive->ended.notify();
                });
              },
          .move_to =
              [on, weak](const url& source) {
                async::asio::post(on, [weak, source] {
                  const auto alive = weak.lock();
                  if (alive && alive->response && alive->response->on_move) alive->response->on_move(source);
                });
              }};
}

registry::client_description describe_client(request_context& context, const registry::stream& stream,
                                             const std::string& named) {
  auto address = context.address.to_string();
  auto agent = std::string(context.request.fields.get("User-Agent"));
  auto id = named.empty() ? context.identities.client(address, agent, stream.id()) : named;
  return {.id = std::move(id), .user_agent = std::move(agent), .address = std::move(address)};
}

}  // namespace

void playing::add_identity(http::field_list& fields) const {
  fields.add("X-Client-ID", counted_.by().id());
  fields.add("X-Stream-ID", stream->id());
}

const std::string& playing::client_id() const {
  return counted_.by().id();
}

void playing::segment_served() {
  counted_.add_segment();
}

void playing::begins(byte_offset first, std::optional<byte_offset> total) {
  counted_.begins(first, total);
}

void playing::sent(std::size_t bytes) {
  counted_.add_bytes(bytes);
  context.sent.bytes += bytes;
  if (began_) return;
  began_ = true;
  auto& statistics = context.worker.shared.statistics;
  const auto took = std::chrono::steady_clock::now() - context.started;
  (seeking ? statistics.seek_first_byte : statistics.first_byte).observe(took);
}

async::awaitable<void> lead_to_playlist(playing& play, std::string_view up) {
  http::field_list fields;
  fields.add("Location",
             std::string(up) + "hls/" + play.stream->id() + "/playlist.m3u8?client_id=" + play.client_id());
  fields.add("Cache-Control", "no-store");
  play.add_identity(fields);
  if (play.web_readable) add_cors(fields);
  co_await respond(play.context, 307, std::move(fields), {});
}

async::awaitable<void> refuse_unknown(request_context& context) {
  const http::problem problem{.code = http::problem_code::not_found,
                              .detail = "There is no stream with this id. GET /streams lists them.",
                              .status = {}};
  co_await respond_problem(context, problem, open_to_all());
}

async::awaitable<void> refuse_deleted(request_context& context) {
  const http::problem problem{.code = http::problem_code::not_found,
                              .detail = "This stream was deleted. POST it to /streams again to play it.",
                              .status = {}};
  co_await respond_problem(context, problem, open_to_all());
}

async::awaitable<void> play(request_context& context, std::shared_ptr<registry::stream> stream,
                            const std::string& named, play_body body) {
  const async::executor on = co_await async::asio::this_coro::executor;
  const auto handle = std::make_shared<remote_handle>(on);
  auto& shared = context.worker.shared;
  const auto who = describe_client(context, *stream, named);
  auto begun = shared.directory.play(stream, who, control_of(on, handle));
  if (!begun && begun.error() == registry::refusal::stream_deleted) {
    co_await refuse_deleted(context);
    co_return;
  }
  if (!begun) {
    co_await refuse_client(context);
    co_return;
  }
  playing response(context, stream, **begun);
  handle->response = &response;
  const bool stayed = co_await transfer::while_client_stays(
      context.client, context.input, shared.config.listen.max_head, handle->ended, body(response));
  handle->response = nullptr;
  if (handle->stopped) {
    log::info("client {} disconnected from stream {}", who.id, stream->id());
    if (response.unframed) async::reset_on_close(context.client);
  }
  if (!stayed) context.keep_alive = false;
}

}  // namespace millrace::server
