#include "server/hls_resource_response.hpp"

#include "server/hls_opening.hpp"
#include "server/media_response.hpp"
#include "server/shared_response.hpp"
#include "server/shared_state.hpp"
#include "transfer/cache_use.hpp"
#include "transfer/fill_shared.hpp"
#include "transfer/first_answer.hpp"

namespace millrace::server {

namespace asio = async::asio;

namespace {

using resource_ptr = transfer::segment_shelf::resource_ptr;
using kind = transfer::response_plan::kind;

struct resource_request : shared_request {
  hls::presentation& of;
  const hls::unsealed_url& asked;
  transfer::plan_limits plan;
  std::string whole_key, key;  ///< on the shelf: of the whole, and of the range asked for
};

hls_state& state_of(const resource_request& now) {
  return now.play.context.worker.shared.hls;
}

/// "bytes=0-", as many players ask for each segment: the whole, but for the status.
bool is_whole(const http::requested_range& range) {
  const auto* from = std::get_if<http::range_from>(&range);
  return from != nullptr && from->first == 0 && !from->last;
}

resource_request describe_request(playing& play, hls::presentation& of, const hls::unsealed_url& asked) {
  const auto& request = play.context.request;
  const auto& config = play.context.worker.shared.config.transfer;
  resource_request now{{.play = play, .target = asked.target, .range = transfer::client_range(request)},
                       of,
                       asked,
                       {.connections = config.connections, .chunk_size = config.chunk_size},
                       play.stream->id() + '\n' + asked.target.text() + '\n',
                       {}};
  now.key = now.whole_key;
  if (now.range && !is_whole(*now.range)) now.key += request.fields.get("Range");
  return now;
}

/// Conditional requests and HEAD are rare: each is answered by an upstream answer of its own.
bool may_share(const request_context& context) {
  if (context.is_head()) return false;
  for (const auto* name :
       {"If-None-Match", "If-Modified-Since", "If-Range", "If-Match", "If-Unmodified-Since"}) {
    if (context.request.fields.find(name)) return false;
  }
  return true;
}

// For this client alone.

media_request to_play(const resource_request& now) {
  return {.sources = {now.asked.target},
          .headers = {},
          .user_agent = {},
          .connections = now.plan.connections,
          .chunk_size = now.plan.chunk_size,
          .file_name = {},
          .pass_whole = true,
          .sealed = true,
          .guarded = !now.play.posted};
}

async::awaitable<void> answer_alone(resource_request& now, fetch_result<opened_resource> opened) {
  const async::executor here = co_await asio::this_coro::executor;
  if (!opened) {
    // A Range that turns out not to count is asked for anew, with the headers of the stream.
    auto file = find_unopened(now.play, now.of, now.asked.target, here);
    auto response = file ? std::make_unique<media_response>(now.play, to_play(now), std::move(file))
                         : std::make_unique<media_response>(now.play, to_play(now), here);
    co_await respond_media(*response, opened.error());
    co_return;
  }
  media_response response(now.play, to_play(now), std::move(opened->file));
  response.begun = std::move(opened->begun);
  co_await respond_media(response, std::move(opened->answer));
}

async::awaitable<fetch_result<opened_resource>> open(resource_request& now) {
  const bool head = now.play.context.is_head();
  const auto bytes = transfer::first_wanted(now.range, head, std::nullopt, now.plan);
  co_return co_await open_resource(now.play, now.of, now.asked.target, bytes);
}

async::awaitable<resource_outcome> serve_alone(resource_request& now) {
  auto opened = co_await open(now);
  if (opened && opened->playlist) co_return resource_outcome::playlist;
  co_await answer_alone(now, std::move(opened));
  co_return resource_outcome::answered;
}

// Opening for all who wait.

/// Room in memory for what has been opened; null when it is too large to be shared.
resource_ptr make_shared_resource(const resource_request& now, const opened_resource& opened) {
  auto& shared = now.play.context.worker.shared;
  const auto& answer = opened.answer;
  const auto total = answer.total;
  auto what = transfer::describe(answer.body.head(), answer.location, total, {});
  byte_range range{0, transfer::shared_resource::unknown_end};
  if (total) {
    // A source without ranges gives the whole, out of which each client gets its part.
    const auto plan = transfer::plan_response(now.play.context.request, now.range, what, *total);
    const bool partial = plan.what == kind::partial;
    if (plan.what != kind::whole && !partial) return nullptr;
    range = answer.partial ? plan.range : byte_range{0, *total};
    if (answer.partial && range.begin != answer.range.begin) return nullptr;
    if (range.size() > shared.config.hls.largest_shared) return nullptr;
  } else if (now.of.live_target() == std::chrono::microseconds(0)) {
    // It may be of any length.
    return nullptr;
  }
  auto reserved = shared.buffers.try_reserve(total ? range.size() : 0);
  if (total && reserved.size() < range.size()) return nullptr;
  auto it = std::make_shared<transfer::shared_resource>(std::move(what), answer.location, range,
                                                        std::move(reserved));
  it->partial = answer.partial;
  it->remote = answer.body.remote();
  return it;
}

/// Puts it where the others find it and starts to fill it.
void begin_shared(resource_request& now, const resource_ptr& it, opened_resource opened) {
  auto& home = now.play.context.worker;
  auto& shelf = state_of(now).shelf;
  const auto& config = home.shared.config.hls;
  const auto& key = it->partial ? now.key : now.whole_key;
  shelf.begin(key, it);
  const auto target = now.of.live_target();
  if (target > std::chrono::microseconds(0)) {
    const auto kept =
        std::chrono::duration_cast<std::chrono::milliseconds>(target * config.keep_target_durations);
    shelf.keep(now.play.stream->id(), key, transfer::segment_shelf::clock::now() + kept);
  }
  home.group.spawn(transfer::fill_shared(it, std::move(opened.file), std::move(opened.answer),
                                         std::move(opened.begun), now.plan, {config.largest_shared}));
}

/// A fetch that was given up because nobody read it is begun anew; what the upstream is to blame for has been
/// tried often enough.
async::awaitable<std::optional<resource_outcome>> conclude_shared(resource_request& now,
                                                                  shared_outcome served) {
  const bool given_up = now.broken && now.broken->code == asio::error::operation_aborted;
  if (served == shared_outcome::unfit || (served == shared_outcome::broken && given_up))
    co_return std::nullopt;
  if (served == shared_outcome::broken) co_await answer_alone(now, *now.broken);
  co_return resource_outcome::answered;
}

async::awaitable<std::optional<resource_outcome>> lead(resource_request& now, resource_flights::lead turn) {
  const async::executor here = co_await asio::this_coro::executor;
  auto opened = co_await open(now);
  if (!opened) {
    turn.finish(opened.error());
    co_await answer_alone(now, std::move(opened));
    co_return resource_outcome::answered;
  }
  if (opened->playlist) {
    turn.finish(resource_turn{.shared = nullptr, .playlist = true});
    co_return resource_outcome::playlist;
  }
  const auto it = make_shared_resource(now, *opened);
  if (!it) {
    turn.finish(resource_turn{});
    co_await answer_alone(now, std::move(opened));
    co_return resource_outcome::answered;
  }
  auto from = transfer::open_shared(it, here);
  begin_shared(now, it, std::move(*opened));
  turn.finish(resource_turn{.shared = it});
  const auto served = co_await serve_shared(now, it, std::move(from));
  co_return co_await conclude_shared(now, served);
}

/// Another request opens it.
async::awaitable<std::optional<resource_outcome>> follow(resource_request& now,
                                                         resource_flights::ticket turn) {
  const async::executor here = co_await asio::this_coro::executor;
  auto outcome = co_await turn.wait();
  if (!outcome) co_return std::nullopt;
  if (!*outcome) {
    co_await answer_alone(now, outcome->error());
    co_return resource_outcome::answered;
  }
  const auto& opened = **outcome;
  if (opened.playlist) co_return resource_outcome::playlist;
  if (!opened.shared) co_return co_await serve_alone(now);
  auto from = transfer::open_shared(opened.shared, here);
  const auto served = co_await serve_shared(now, opened.shared, std::move(from));
  co_return co_await conclude_shared(now, served);
}

/// Nothing when what was shared broke before its first byte, or did not fit.
async::awaitable<std::optional<resource_outcome>> try_shared(resource_request& now) {
  const async::executor here = co_await asio::this_coro::executor;
  auto& hls = state_of(now);
  auto it = hls.shelf.find(now.key);
  if (!it && now.range) it = hls.shelf.find(now.whole_key);
  if (it) {
    auto from = transfer::open_shared(it, here);
    const auto served = co_await serve_shared(now, std::move(it), std::move(from));
    if (served == shared_outcome::unfit) co_return co_await serve_alone(now);
    co_return co_await conclude_shared(now, served);
  }
  auto turn = hls.resources.join(now.key);
  if (auto* waiting = std::get_if<resource_flights::ticket>(&turn))
    co_return co_await follow(now, std::move(*waiting));
  co_return co_await lead(now, std::move(std::get<resource_flights::lead>(turn)));
}

/// The whole of an upstream without ranges is kept, and this client wants a part: sharing cuts it out.
bool is_part_of_whole(const resource_request& now, upstream::remote_file& file) {
  const auto known = transfer::find_cached(file);
  return known && !known.answer().ranged && now.range && !is_whole(*now.range);
}

/// From the cache of --cache, where nothing has to be asked.
async::awaitable<bool> serve_cached(resource_request& now) {
  const async::executor here = co_await asio::this_coro::executor;
  auto file = find_unopened(now.play, now.of, now.asked.target, here);
  if (!file || !file->cache || is_part_of_whole(now, *file)) co_return false;
  media_response response(now.play, to_play(now), std::move(file));
  co_return co_await respond_cached(response);
}

async::awaitable<resource_outcome> respond(resource_request& now) {
  const bool cached = co_await serve_cached(now);
  if (cached) co_return resource_outcome::answered;
  constexpr int most_tries = 3;
  for (int tries = 0; tries < most_tries && may_share(now.play.context); ++tries) {
    const auto outcome = co_await try_shared(now);
    if (outcome) co_return *outcome;
  }
  co_return co_await serve_alone(now);
}

}  // namespace

async::awaitable<resource_outcome> respond_resource(playing& play, hls::presentation& of,
                                                    const hls::unsealed_url& asked) {
  auto now = describe_request(play, of, asked);
  const auto outcome = co_await respond(now);
  if (asked.marks.segment && play.complete) play.segment_served();
  co_return outcome;
}

}  // namespace millrace::server
