#include "server/stream_handler.hpp"

#include "server/cors.hpp"
#include "server/first_look.hpp"
#include "server/media_response.hpp"
#include "server/shared_state.hpp"
#include "server/stream_request.hpp"

#include <algorithm>

namespace millrace::server {

namespace {

registry::stream_definition define(const stream_request& asked) {
  registry::stream_definition definition{
      .sources = asked.sources, .user_agent = {}, .headers = {}, .metadata = {}};
  for (const auto& field : asked.headers)
    definition.headers.emplace_back(field.name, field.value);
  return definition;
}

/// What the operator said of the stream, and the request's own mirrors behind it. The mirrors of other
/// requests are theirs alone: nobody chooses the bytes that others get.
media_request to_play(const stream_request& asked, const registry::stream& stream, const settings& config) {
  const auto known = stream.definition();
  media_request request{.sources = stream.trusted_sources(),
                        .headers = {},
                        .user_agent = known->user_agent,
                        .connections = asked.connections,
                        .chunk_size = asked.chunk_size,
                        .file_name = asked.file_name,
                        .pass_whole = config.transfer.no_range == no_range_policy::passthrough,
                        .guarded = true};
  for (const auto& [name, value] : known->headers)
    request.headers.add(name, value);
  for (const auto& mirror : asked.sources) {
    const bool there =
        std::find(request.sources.begin(), request.sources.end(), mirror) != request.sources.end();
    if (!there) request.sources.push_back(mirror);
  }
  return request;
}

/// The task, with what the request says of itself.
media_request to_play(const stream_request& asked, const registry::task& task, const settings& config) {
  auto request = to_play(asked, *task.played, config);
  if (task.connections > 0) request.connections = std::min(request.connections, task.connections);
  if (request.file_name.empty()) request.file_name = task.out;
  for (const auto& field : asked.headers)
    request.headers.erase(field.name);
  for (const auto& field : asked.headers)
    request.headers.add(field.name, field.value);
  return request;
}

async::awaitable<void> serve(playing& play, media_request request) {
  const async::executor on = co_await async::asio::this_coro::executor;
  media_response response(play, std::move(request), on);
  const bool served = co_await respond_cached(response);
  if (served) co_return;
  auto first = co_await open_first(response);
  if (first && play.stream->kind() == registry::stream_kind::undecided)
    play.stream->turned_out(kind_told(response.asked.sources.front(), *first));
  co_await respond_media(response, std::move(first));
}

registry::task_list::entry find_task(const shared_state& shared, const std::string& gid) {
  auto task = shared.tasks.find(gid);
  return task && !task->played->removed() ? task : nullptr;
}

async::awaitable<void> handle_task(request_context& context, const stream_request& asked) {
  const auto& shared = context.worker.shared;
  const auto task = find_task(shared, asked.gid);
  if (!task) {
    const http::problem problem{.code = http::problem_code::not_found,
                                .detail = "There is no task with this gid, or it was removed.",
                                .status = {}};
    co_await respond_problem(context, problem, open_to_all());
    co_return;
  }
  // Whoever sends the link of a playlist wants to see what it lists.
  const bool is_playlist = task->played->kind() == registry::stream_kind::hls;
  const auto body = [&](playing& play) {
    return is_playlist ? lead_to_playlist(play, "") : serve(play, to_play(asked, *task, shared.config));
  };
  co_await play(context, task->played, asked.client_id, body);
}

/// Where the bytes of a request may come from.
std::vector<url> sources_of(const shared_state& shared, const stream_request& asked) {
  auto sources = asked.sources;
  const auto task = asked.gid.empty() ? nullptr : find_task(shared, asked.gid);
  if (!task) return sources;
  const auto known = task->played->definition();
  sources.insert(sources.end(), known->sources.begin(), known->sources.end());
  return sources;
}

}  // namespace

async::awaitable<void> handle_stream(request_context& context) {
  auto& shared = context.worker.shared;
  const auto asked = parse_stream_query(context.query, shared.config.transfer);
  if (!asked) {
    co_await respond_problem(context, asked.error().problem, open_to_all());
    co_return;
  }
  if (!asked->gid.empty()) {
    co_await handle_task(context, *asked);
    co_return;
  }
  const auto id = context.identities.stream(asked->sources.front().text(), asked->header_lines());
  const auto stream = shared.directory.find_or_add(id, define(*asked));
  if (!stream) {
    co_await refuse_deleted(context);
    co_return;
  }
  auto request = to_play(*asked, *stream, shared.config);
  request.personal = !shared.config.access.api_token.empty();
  const auto body = [&](playing& play) { return serve(play, request); };
  co_await play(context, stream, asked->client_id, body);
}

async::awaitable<void> handle_stream_options(request_context& context) {
  auto& shared = context.worker.shared;
  const auto asked = parse_stream_query(context.query, shared.config.transfer);
  bool readable = true;
  if (asked) {
    for (const auto& source : sources_of(shared, *asked)) {
      const bool each = co_await upstream::web_readable(shared.network, source);
      readable = readable && each;
    }
  }
  if (!readable) {
    const http::problem problem{.code = http::problem_code::forbidden,
                                .detail =
                                    "Web pages may not read from private addresses. Name the address with "
                                    "--allow-upstream if they may.",
                                .status = {}};
    co_await respond_problem(context, problem);
    co_return;
  }
  auto fields = open_to_all();
  add_preflight(fields, context.allow);
  co_await respond(context, 204, std::move(fields), {});
}

}  // namespace millrace::server
