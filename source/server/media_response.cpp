#include "server/media_response.hpp"

#include "async/combinators.hpp"
#include "core/log.hpp"
#include "server/cors.hpp"
#include "server/shared_state.hpp"
#include "server/upstream_problem.hpp"
#include "transfer/cache_use.hpp"
#include "transfer/delivery.hpp"
#include "transfer/first_answer.hpp"
#include "transfer/passthrough.hpp"

#include <algorithm>

namespace millrace::server {

namespace {

using kind = transfer::response_plan::kind;

transfer::client_limits limits_of(const settings& config) {
  return {.pause_after = config.transfer.pause_after, .send_timeout = config.listen.send_timeout};
}

http::field_list media_fields(const media_response& of, const transfer::resource& what, const url& location,
                              const boost::asio::ip::tcp::endpoint& peer) {
  auto fields = transfer::representation_fields(what);
  of.play.add_identity(fields);
  const auto& policy = of.context.worker.shared.policy;
  const bool readable = !of.asked.guarded || policy.web_readable(location.host(), peer.address());
  if (readable) add_cors(fields);
  if (of.asked.personal) fields.set("Cache-Control", "private");
  return fields;
}

http::field_list media_fields(const media_response& of, const transfer::resource& what,
                              const upstream::range_answer& answer) {
  return media_fields(of, what, answer.location, answer.body.remote());
}

async::awaitable<bool> look_up(upstream::connector& network, std::vector<url> locations) {
  for (const auto& each : locations) {
    const bool readable = co_await upstream::web_readable(network, each);
    if (!readable) co_return false;
  }
  co_return true;
}

/// Whether a page on the web may learn how this failed: the failure of a private address would tell what is
/// there.
async::awaitable<bool> may_tell(const media_response& of, const std::string& failed_location) {
  if (!of.asked.guarded) co_return true;
  auto locations = of.asked.sources;
  const auto failed = url::parse(failed_location);
  if (failed) locations.push_back(*failed);
  co_return co_await may_web_read(of.context, std::move(locations));
}

async::awaitable<void> refuse(media_response& of, const failure& cause) {
  log::warning("{}: {}", of.asked.sources.front().redacted(), to_string(cause));
  of.play.stream->record_error(to_string(cause));
  auto answer = of.asked.sealed ? explain_sealed(cause) : explain(cause);
  const bool telling = co_await may_tell(of, cause.location);
  if (telling) add_cors(answer.fields);
  co_await respond_problem(of.context, answer.problem, std::move(answer.fields));
}

async::awaitable<void> respond_unsatisfiable(media_response& of, http::field_list fields, byte_offset total) {
  fields.set("Content-Range", http::format_unsatisfied_range(total));
  fields.erase("Content-Disposition");
  const http::problem problem{
      .code = http::problem_code::range,
      .detail = "The resource has " + std::to_string(total) + " bytes; the Range lies outside of them.",
      .status = {}};
  co_await respond_problem(of.context, problem, std::move(fields));
}

/// A response without a body, or with one that HEAD leaves away.
async::awaitable<void> respond_bare(media_response& of, unsigned status, http::field_list fields) {
  co_await respond_head(of.context, status, std::move(fields));
}

void conclude(media_response& of, const transfer::delivery_result& result) {
  of.play.complete = result.complete;
  if (result.complete) return;
  of.context.keep_alive = false;
  const auto what = of.asked.sources.front().redacted();
  if (result.cause) {
    log::warning("{}: response cut after {} bytes: {}", what, result.sent, to_string(*result.cause));
    of.play.stream->record_error(to_string(*result.cause));
  } else if (result.client_error) {
    client_failed(of.context, result.client_error);
    log::debug("{}: client gone after {} bytes: {}", what, result.sent, result.client_error.message());
  }
}

/// Where the body of a response comes from: an open answer, or the cache alone.
struct body_source {
  std::optional<upstream::range_answer> answer;
  upstream::cached_file cached = {};
};

async::awaitable<void> send_range(media_response& of, body_source from, http::field_list fields,
                                  unsigned status, byte_range range) {
  of.play.seeking = range.begin > 0;
  transfer::delivery_job work{.file = of.file,
                              .first = std::move(from.answer),
                              .range = range,
                              .head = response_head(of.context, status, std::move(fields)),
                              .plan = of.plan,
                              .limits = limits_of(of.config()),
                              .on_sent = [&of](std::size_t bytes) { of.play.sent(bytes); },
                              .cached = std::move(from.cached)};
  const auto result = co_await transfer::deliver(of.context.client, std::move(work));
  conclude(of, result);
}

/// A satisfiable range, or the whole.
async::awaitable<void> respond_planned(media_response& of, body_source from, http::field_list fields,
                                       transfer::response_plan plan, byte_offset total) {
  const bool partial = plan.what == kind::partial;
  fields.set("Accept-Ranges", "bytes");
  fields.set("Content-Length", std::to_string(plan.range.size()));
  if (partial) fields.set("Content-Range", http::format_content_range(plan.range, total));
  const unsigned status = partial ? 206 : 200;
  if (of.context.is_head()) {
    if (from.answer) from.answer->body.discard();
    co_await respond_bare(of, status, std::move(fields));
    co_return;
  }
  if (from.answer && from.answer->range.begin != plan.range.begin) {
    // If-Range did not hold, or what was known of the size was outdated: the first bytes are others.
    const auto first = transfer::chunk_plan::first_chunk(plan.range.begin, plan.range.end, of.plan);
    const auto missing = transfer::less_cached(first, transfer::confirm_cached(of.file, *from.answer));
    auto reopened = co_await upstream::open_range_persistently(of.file, missing, of.tried);
    if (!reopened) {
      co_await refuse(of, reopened.error());
      co_return;
    }
    from.answer = std::move(*reopened);
  }
  of.play.begins(plan.range.begin, total);
  co_await send_range(of, std::move(from), std::move(fields), status, plan.range);
}

async::awaitable<void> respond_empty(media_response& of, http::field_list fields) {
  fields.set("Accept-Ranges", "bytes");
  if (!of.context.is_head()) of.play.begins(0, 0);
  co_await respond(of.context, 200, std::move(fields), {});
}

async::awaitable<void> respond_partial(media_response& of, upstream::range_answer answer) {
  const auto total = answer.total.value_or(0);
  const auto what = transfer::describe(answer.body.head(), answer.location, total, of.asked.file_name);
  auto fields = media_fields(of, what, answer);
  const auto plan = transfer::plan_response(of.context.request, of.range, what, total);
  if (plan.what == kind::not_modified) {
    answer.body.discard();
    co_await respond_bare(of, 304, std::move(fields));
  } else if (plan.what == kind::unsatisfiable) {
    answer.body.discard();
    co_await respond_unsatisfiable(of, std::move(fields), total);
  } else {
    co_await respond_planned(of, {.answer = std::move(answer)}, std::move(fields), plan, total);
  }
}

/// What the upstream sends as a whole: one connection, the client's Range ignored.
async::awaitable<void> pass_through(media_response& of, body_source from, http::field_list fields,
                                    std::optional<byte_offset> total) {
  fields.set("Accept-Ranges", "none");
  auto framing = transfer::client_framing::length;
  if (total) {
    fields.set("Content-Length", std::to_string(*total));
  } else if (of.context.request.version >= 11) {
    framing = transfer::client_framing::chunked;
    fields.set("Transfer-Encoding", "chunked");
  } else {
    framing = transfer::client_framing::until_close;
    of.play.unframed = true;
    of.context.keep_alive = false;
  }
  if (of.context.is_head()) {
    co_await respond_bare(of, 200, std::move(fields));
    co_return;
  }
  of.play.begins(0, total);
  transfer::whole_body body(of.file, std::move(from.answer), std::move(of.begun), std::move(from.cached));
  transfer::passthrough_job work{.body = body,
                                 .head = response_head(of.context, 200, std::move(fields)),
                                 .framing = framing,
                                 .blocks = of.context.worker.blocks,
                                 .limits = limits_of(of.config()),
                                 .on_sent = [&of](std::size_t bytes) { of.play.sent(bytes); }};
  const auto result = co_await transfer::pass_through(of.context.client, std::move(work));
  const auto used = result.sent - std::min(result.sent, body.from_cache());
  const auto wasted = body.fetched() - std::min(body.fetched(), used);
  of.context.worker.shared.statistics.bytes_wasted.fetch_add(wasted, std::memory_order_relaxed);
  if (result.complete) of.play.stream->learn_total(result.sent);
  conclude(of, result);
}

async::awaitable<void> respond_passed_through(media_response& of, upstream::range_answer answer) {
  const auto total = answer.total;
  const auto what = transfer::describe(answer.body.head(), answer.location, total, of.asked.file_name);
  auto fields = media_fields(of, what, answer);
  co_await pass_through(of, {.answer = std::move(answer)}, std::move(fields), total);
}

async::awaitable<void> respond_whole(media_response& of, upstream::range_answer answer) {
  if (answer.total == byte_offset(0)) {
    const auto what = transfer::describe(answer.body.head(), answer.location, 0, of.asked.file_name);
    co_await respond_empty(of, media_fields(of, what, answer));
  } else if (of.asked.pass_whole) {
    co_await respond_passed_through(of, std::move(answer));
  } else {
    const auto host = answer.location.host_header();
    co_await refuse(of,
                    {.code = errc::range_unsupported, .detail = host + " does not support Range requests"});
  }
}

/// A 416 with a total: the resource is empty, or the client's Range lies outside, unless its If-Range says to
/// ignore it.
async::awaitable<void> respond_out_of_range(media_response& of, const failure& cause) {
  const auto total = *cause.total;
  const auto& given = of.context.request.fields;
  const bool conditional =
      given.find("If-Range") || given.find("If-None-Match") || given.find("If-Modified-Since");
  const auto within = of.range ? http::resolve(*of.range, total) : std::nullopt;
  if (total > 0 && of.range && (conditional || within)) {
    // The size had been guessed wrong, or the Range may not count at all.
    const auto begin = within && !conditional ? within->begin : 0;
    const auto start = transfer::chunk_plan::first_chunk(begin, total, of.plan);
    auto answer = co_await upstream::open_range_persistently(of.file, start, of.tried);
    if (answer && answer->partial) {
      co_await respond_partial(of, std::move(*answer));
      co_return;
    }
  }
  const auto location = of.file.current().location;
  http::field_list fields;
  if (total == 0)
    fields = transfer::representation_fields(transfer::describe({}, location, 0, of.asked.file_name));
  of.play.add_identity(fields);
  const bool telling = co_await may_tell(of, cause.location);
  if (telling) add_cors(fields);
  if (total == 0) {
    co_await respond_empty(of, std::move(fields));
  } else if (of.range) {
    co_await respond_unsatisfiable(of, std::move(fields), total);
  } else {
    co_await refuse(of, cause);
  }
}

std::unique_ptr<upstream::remote_file> open_file(playing& played, const media_request& asked,
                                                 const async::executor& on) {
  auto& home = played.context.worker;
  const auto& agent = asked.user_agent.empty() ? home.shared.config.upstream.user_agent : asked.user_agent;
  return std::make_unique<upstream::remote_file>(
      asked.live ? home.live_upstream : home.upstream, on,
      upstream::request_profile{
          .given = asked.headers, .credential_origin = asked.sources.front().origin(), .user_agent = agent},
      asked.sources, played.stream);
}

}  // namespace

media_response::media_response(playing& played, media_request request,
                               std::unique_ptr<upstream::remote_file> opened)
    : play(played),
      context(played.context),
      asked(std::move(request)),
      own_file(std::move(opened)),
      file(*own_file),
      plan{.connections = asked.connections, .chunk_size = asked.chunk_size},
      range(transfer::client_range(context.request)) {
  if (!http::cache_demands_of(context.request.fields).may_store) file.cache = nullptr;
}

media_response::media_response(playing& played, media_request request, const async::executor& on)
    : media_response(played, request, open_file(played, request, on)) {
  file.whole_will_do = asked.pass_whole;
  play.on_move = [this](const url& source) { file.move_to(source); };
}

media_response::~media_response() {
  play.on_move = nullptr;
}

const settings& media_response::config() const {
  return context.worker.shared.config;
}

/// A name server that does not answer must not delay the bad news for long.
async::awaitable<bool> may_web_read(request_context& context, std::vector<url> sources) {
  constexpr std::chrono::milliseconds patience{500};
  auto& network = context.worker.shared.network;
  const auto readable = co_await async::with_timeout(patience, look_up(network, std::move(sources)));
  co_return readable.value_or(false);
}

async::awaitable<fetch_result<upstream::range_answer>> open_first(media_response& of) {
  const auto bytes = transfer::first_wanted(of.range, of.context.is_head(), of.file.known_total, of.plan);
  // The first bytes may have to tell what the stream is.
  const bool unknown = of.play.stream->kind() == registry::stream_kind::undecided;
  const auto missing = transfer::less_cached(bytes, transfer::find_cached(of.file), unknown ? 64 : 1);
  co_return co_await upstream::open_range_persistently(of.file, missing, of.tried);
}

async::awaitable<fetch_result<upstream::range_answer>> open_whole(media_response& of) {
  return upstream::open_range_persistently(of.file, upstream::wanted_all{}, of.tried);
}

async::awaitable<bool> respond_cached(media_response& of) {
  auto known = transfer::find_cached(of.file);
  if (!known) co_return false;
  const auto& said = known.answer();
  const auto what = transfer::describe(said.head, said.location, said.total, of.asked.file_name);
  transfer::response_plan plan{.what = kind::whole, .range = {0, said.total}};
  if (said.ranged) plan = transfer::plan_response(of.context.request, of.range, what, said.total);
  const bool bare = of.context.is_head() || plan.what == kind::not_modified;
  const auto demands = http::cache_demands_of(of.context.request.fields);
  const bool usable = plan.what != kind::unsatisfiable && (said.ranged || of.asked.pass_whole) &&
                      http::is_fresh(said.terms, said.since_received(), demands) &&
                      (bare || known.holds(plan.range));
  if (!usable) co_return false;
  auto fields = media_fields(of, what, said.location, said.peer);
  fields.set("Age", std::to_string((said.terms.age + said.since_received()).count()));
  transfer::take_over(of.file, said);
  body_source from{.answer = std::nullopt, .cached = std::move(known)};
  if (plan.what == kind::not_modified) {
    co_await respond_bare(of, 304, std::move(fields));
  } else if (from.cached.answer().ranged) {
    const auto total = from.cached.answer().total;
    co_await respond_planned(of, std::move(from), std::move(fields), plan, total);
  } else {
    co_await pass_through(of, std::move(from), std::move(fields), plan.range.end);
  }
  co_return true;
}

async::awaitable<void> respond_media(media_response& of, fetch_result<upstream::range_answer> first) {
  if (!first && first.error().code == errc::range_unsatisfiable && first.error().total) {
    co_await respond_out_of_range(of, first.error());
  } else if (!first) {
    co_await refuse(of, first.error());
  } else if (first->partial) {
    co_await respond_partial(of, std::move(*first));
  } else {
    co_await respond_whole(of, std::move(*first));
  }
}

}  // namespace millrace::server
