#include "server/failover_handler.hpp"

#include "async/combinators.hpp"
#include "core/log.hpp"
#include "hls/playlist_fetch.hpp"
#include "server/control_response.hpp"
#include "server/shared_state.hpp"
#include "server/stream_profile.hpp"
#include "server/upstream_problem.hpp"
#include "upstream/range_fetch.hpp"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include <algorithm>

namespace millrace::server {

namespace {

/// The answer of a broadcast to an order, brought back to this event loop.
struct verdict {
  explicit verdict(const async::executor& on) : told(on) {}

  async::event told;
  std::optional<fetch_result<void>> outcome;
};

/// A running broadcast tries the source itself and goes over to it without a gap.
async::awaitable<fetch_result<void>> order_broadcast(std::shared_ptr<live::broadcast> show, url source) {
  const async::executor here = co_await async::asio::this_coro::executor;
  const auto waited = std::make_shared<verdict>(here);
  const bool placed = show->order({std::move(source), [here, waited](fetch_result<void> outcome) {
                                     async::asio::post(here, [waited, outcome = std::move(outcome)] {
                                       waited->outcome = outcome;
                                       waited->told.notify();
                                     });
                                   }});
  if (!placed) co_return failure{.code = errc::body_ended, .detail = "the broadcast has just ended"};
  co_await waited->told.wait();
  co_return *waited->outcome;
}

/// One byte tells that a file's source works, a playlist has to be one; a live stream is asked for all and
/// left at its head.
async::awaitable<fetch_result<void>> try_source(request_context& context, const registry::stream& stream,
                                                const registry::stream_definition& known, std::size_t index) {
  const async::executor here = co_await async::asio::this_coro::executor;
  const auto& services = context.worker.live_upstream;
  auto profile = profile_of(known, context.worker.shared.config);
  if (stream.kind() == registry::stream_kind::hls) {
    const auto fetched = co_await hls::fetch_playlist(services, std::move(profile), known.sources[index]);
    if (!fetched) co_return fetched.error();
    co_return fetch_result<void>();
  }
  upstream::remote_file file(services, here, std::move(profile), known.sources);
  file.whole_will_do = true;
  const bool live = stream.kind() == registry::stream_kind::live;
  const upstream::wanted bytes = live ? upstream::wanted(upstream::wanted_all{}) : byte_range{0, 1};
  auto answer = co_await upstream::open_source(file, index, bytes);
  if (!answer) co_return answer.error();
  answer->body.discard();
  co_return fetch_result<void>();
}

async::awaitable<fetch_result<void>> take_source(request_context& context,
                                                 const std::shared_ptr<registry::stream>& stream,
                                                 const registry::stream_definition& known,
                                                 std::size_t index) {
  const auto show = context.worker.shared.on_air.find(stream->id());
  if (show && show->stream() == stream) {
    auto taken = co_await order_broadcast(show, known.sources[index]);
    if (taken || taken.error().code != errc::body_ended) co_return taken;
  }
  co_return co_await try_source(context, *stream, known, index);
}

async::awaitable<void> respond_taken(request_context& context, const url& source, std::size_t index) {
  boost::json::object body{{"message", "Failed over to source " + std::to_string(index)},
                           {"new_url", source.text()},
                           {"failover_index", index}};
  co_await respond_json(context, std::move(body));
}

async::awaitable<void> respond_none(request_context& context, const failure& cause) {
  auto answer = explain(cause);
  answer.problem.code = http::problem_code::upstream;
  answer.problem.status = {};
  answer.problem.detail = "No other source works. " + answer.problem.detail;
  co_await respond_refusal(context, std::move(answer.problem));
}

}  // namespace

async::awaitable<void> handle_failover(request_context& context) {
  auto& shared = context.worker.shared;
  const auto stream = shared.directory.find_stream(std::string(context.captures.front()));
  if (!stream) {
    co_await respond_not_found(context, "There is no stream with this id. GET /streams lists them.");
    co_return;
  }
  const auto known = stream->definition();
  const auto count = known->sources.size();
  // The definition may have changed since: any place in the list will do then.
  const auto current = std::min(stream->current_source(), count - 1);
  // The same URL may stand there twice.
  const auto is_other = [&](const url& each) { return !(each == known->sources[current]); };
  if (std::none_of(known->sources.begin(), known->sources.end(), is_other)) {
    http::problem alone{.code = http::problem_code::conflict,
                        .detail = "This stream has no failover URLs. POST it to /streams again with some.",
                        .status = {}};
    co_await respond_refusal(context, std::move(alone));
    co_return;
  }
  failure cause;
  for (std::size_t step = 1; step < count; ++step) {
    const auto index = (current + step) % count;
    if (!is_other(known->sources[index])) continue;
    stream->failovers.fetch_add(1, std::memory_order_relaxed);
    auto taken = co_await take_source(context, stream, *known, index);
    if (taken) {
      const auto& source = known->sources[index];
      stream->source_worked(source);
      const auto moved = stream->move_all_to(source);
      shared.statistics.count_failover(registry::cause::manual);
      log::info("stream {}: an operator chose {}; {} responses move to it", stream->id(), source.redacted(),
                moved);
      co_await respond_taken(context, source, index);
      co_return;
    }
    cause = taken.error();
    stream->source_failed(known->sources[index], cause);
  }
  co_await respond_none(context, cause);
}

}  // namespace millrace::server
