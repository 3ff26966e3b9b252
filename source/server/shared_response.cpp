#include "server/shared_response.hpp"

#include "core/log.hpp"
#include "server/cors.hpp"
#include "server/hls_playlist_response.hpp"
#include "server/shared_state.hpp"
#include "transfer/first_answer.hpp"
#include "transfer/send_shared.hpp"

namespace millrace::server {

namespace {

using kind = transfer::response_plan::kind;

/// What of it this client gets; nothing when its Range does not lie in what is shared.
std::optional<transfer::response_plan> plan_shared(const shared_request& now,
                                                   const transfer::shared_resource& it) {
  if (!it.total) return transfer::response_plan{.what = kind::whole, .range = it.range};
  const auto plan = transfer::plan_response(now.play.context.request, now.range, it.what, *it.total);
  const bool sendable = plan.what == kind::whole || plan.what == kind::partial;
  const bool inside = it.range.begin <= plan.range.begin && plan.range.end <= it.range.end;
  return sendable && inside ? std::optional(plan) : std::nullopt;
}

http::field_list shared_fields(const shared_request& now, const transfer::shared_resource& it) {
  auto fields = transfer::representation_fields(it.what);
  now.play.add_identity(fields);
  if (may_read(now.play, it.location, it.remote)) add_cors(fields);
  return fields;
}

transfer::client_framing frame(shared_request& now, const transfer::shared_resource& it,
                               const transfer::response_plan& plan, http::field_list& fields) {
  fields.set("Accept-Ranges", it.total ? "bytes" : "none");
  if (it.total) {
    fields.set("Content-Length", std::to_string(plan.range.size()));
    if (plan.what == kind::partial)
      fields.set("Content-Range", http::format_content_range(plan.range, *it.total));
    return transfer::client_framing::length;
  }
  if (now.play.context.request.version >= 11) {
    fields.set("Transfer-Encoding", "chunked");
    return transfer::client_framing::chunked;
  }
  now.play.unframed = true;
  now.play.context.keep_alive = false;
  return transfer::client_framing::until_close;
}

void conclude(shared_request& now, const transfer::delivery_result& result) {
  now.play.complete = result.complete;
  if (result.complete) return;
  now.play.context.keep_alive = false;
  const auto what = now.target.redacted();
  if (result.cause) {
    log::warning("{}: response cut after {} bytes: {}", what, result.sent, to_string(*result.cause));
    now.play.stream->record_error(to_string(*result.cause));
  } else {
    client_failed(now.play.context, result.client_error);
    log::debug("{}: client gone after {} bytes: {}", what, result.sent, result.client_error.message());
  }
}

}  // namespace

async::awaitable<shared_outcome> serve_shared(shared_request& now,
                                              std::shared_ptr<transfer::shared_resource> it,
                                              std::unique_ptr<transfer::reading> from) {
  const auto plan = plan_shared(now, *it);
  if (!plan) co_return shared_outcome::unfit;
  auto fields = shared_fields(now, *it);
  const auto framing = frame(now, *it, *plan, fields);
  now.play.seeking = plan->range.begin > 0;
  auto& shared = now.play.context.worker.shared;
  transfer::sending_job work{
      .from = std::move(from),
      .body_begin = it->range.begin,
      .part = plan->range,
      .head = response_head(now.play.context, plan->what == kind::partial ? 206 : 200, std::move(fields)),
      .framing = framing,
      .limits = {.pause_after = shared.config.transfer.pause_after,
                 .send_timeout = shared.config.listen.send_timeout},
      .on_sent = [&now](std::size_t bytes) { now.play.sent(bytes); }};
  const auto result = co_await transfer::send_shared(now.play.context.client, std::move(work));
  if (result.cause && result.sent == 0) {
    now.broken = result.cause;
    co_return shared_outcome::broken;
  }
  conclude(now, result);
  co_return shared_outcome::answered;
}

}  // namespace millrace::server
