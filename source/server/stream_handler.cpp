#include "server/stream_handler.hpp"

#include "async/combinators.hpp"
#include "core/log.hpp"
#include "registry/identity.hpp"
#include "server/cors.hpp"
#include "server/shared_state.hpp"
#include "server/stream_request.hpp"
#include "server/upstream_problem.hpp"
#include "transfer/client_watch.hpp"
#include "transfer/delivery.hpp"
#include "transfer/first_answer.hpp"
#include "transfer/passthrough.hpp"

namespace millrace::server {

namespace {

using kind = transfer::response_plan::kind;

/// One /stream request under way; lives in the frame of serve().
struct stream {
  request_context& context;
  const stream_request& asked;
  upstream::remote_file& file;
  transfer::plan_limits plan;
  std::optional<http::requested_range> range;
  upstream::attempts tried = {};

  const settings& config() const { return context.worker.shared.config; }
};

upstream::request_profile profile_of(const stream_request& asked, const settings& config) {
  return {.given = asked.headers,
          .credential_origin = asked.sources.front().origin(),
          .user_agent = config.upstream.user_agent};
}

transfer::client_limits limits_of(const settings& config) {
  return {.pause_after = config.transfer.pause_after, .send_timeout = config.listen.send_timeout};
}

/// Who plays what.
void add_identity(const stream& of, http::field_list& fields) {
  const auto id = registry::stream_id(of.asked.sources.front().text(), of.asked.header_lines());
  const auto& request = of.context.request;
  const auto client = of.asked.client_id.empty() ? registry::client_id(of.context.address.to_string(),
                                                                       request.fields.get("User-Agent"), id)
                                                 : of.asked.client_id;
  fields.add("X-Client-ID", client);
  fields.add("X-Stream-ID", id);
}

http::field_list media_fields(const stream& of, const transfer::resource& what,
                              const upstream::range_answer& answer) {
  auto fields = transfer::representation_fields(what);
  add_identity(of, fields);
  const auto& policy = of.context.worker.shared.policy;
  if (policy.web_readable(answer.location.host(), answer.body.remote().address())) add_cors(fields);
  return fields;
}

/// Whether a page on the web may learn how this failed: the failure of a private address would tell what is
/// there.
async::awaitable<bool> look_up(const stream& of, const std::string& failed_location) {
  auto& network = of.context.worker.shared.network;
  for (const auto& source : of.asked.sources) {
    const bool readable = co_await upstream::web_readable(network, source);
    if (!readable) co_return false;
  }
  const auto location = url::parse(failed_location);
  if (!location) co_return true;
  co_return co_await upstream::web_readable(network, *location);
}

/// A name server that does not answer must not delay the bad news for long.
async::awaitable<bool> may_tell(const stream& of, const std::string& failed_location) {
  constexpr std::chrono::milliseconds patience{500};
  const auto readable = co_await async::with_timeout(patience, look_up(of, failed_location));
  co_return readable.value_or(false);
}

async::awaitable<void> refuse(stream& of, const failure& cause) {
  log::warning("/stream {}: {}", of.asked.sources.front().redacted(), to_string(cause));
  auto answer = explain(cause);
  const bool telling = co_await may_tell(of, cause.location);
  if (telling) add_cors(answer.fields);
  co_await respond_problem(of.context, answer.problem, std::move(answer.fields));
}

async::awaitable<void> respond_unsatisfiable(stream& of, http::field_list fields, byte_offset total) {
  fields.set("Content-Range", http::format_unsatisfied_range(total));
  fields.erase("Content-Disposition");
  const http::problem problem{
      .code = http::problem_code::range,
      .detail = "The resource has " + std::to_string(total) + " bytes; the Range lies outside of them.",
      .status = {}};
  co_await respond_problem(of.context, problem, std::move(fields));
}

/// A response without a body, or with one that HEAD leaves away.
async::awaitable<void> respond_bare(stream& of, unsigned status, http::field_list fields) {
  const auto head = response_head(of.context, status, std::move(fields));
  const async::asio::const_buffer buffer(head.data(), head.size());
  const auto ec = co_await async::write_all(of.context.client, std::span(&buffer, 1));
  if (ec) of.context.keep_alive = false;
}

void conclude(stream& of, const transfer::delivery_result& result) {
  of.context.sent.bytes += result.sent;
  if (result.complete) return;
  of.context.keep_alive = false;
  const auto what = of.asked.sources.front().redacted();
  if (result.cause) {
    log::warning("/stream {}: response cut after {} bytes: {}", what, result.sent, to_string(*result.cause));
  } else if (result.client_error) {
    log::debug("/stream {}: client gone after {} bytes: {}", what, result.sent,
               result.client_error.message());
  }
}

async::awaitable<void> send_range(stream& of, upstream::range_answer answer, http::field_list fields,
                                  unsigned status, byte_range range) {
  auto serving = of.context.worker.shared.statistics.begin_media_response();
  transfer::delivery_job work{.file = of.file,
                              .first = std::move(answer),
                              .range = range,
                              .head = response_head(of.context, status, std::move(fields)),
                              .plan = of.plan,
                              .limits = limits_of(of.config()),
                              .on_sent = [&serving](std::size_t bytes) { serving.add_bytes(bytes); }};
  const auto result = co_await transfer::deliver(of.context.client, std::move(work));
  conclude(of, result);
}

/// A satisfiable range, or the whole.
async::awaitable<void> respond_media(stream& of, upstream::range_answer answer, http::field_list fields,
                                     transfer::response_plan plan, byte_offset total) {
  const bool partial = plan.what == kind::partial;
  fields.set("Accept-Ranges", "bytes");
  fields.set("Content-Length", std::to_string(plan.range.size()));
  if (partial) fields.set("Content-Range", http::format_content_range(plan.range, total));
  const unsigned status = partial ? 206 : 200;
  if (of.context.is_head()) {
    answer.body.discard();
    co_await respond_bare(of, status, std::move(fields));
    co_return;
  }
  if (answer.range.begin != plan.range.begin) {
    // If-Range did not hold, or what was known of the size was outdated: the first bytes are others.
    const auto first = transfer::chunk_plan::first_chunk(plan.range.begin, plan.range.end, of.plan);
    auto reopened = co_await upstream::open_range_persistently(of.file, first, of.tried);
    if (!reopened) {
      co_await refuse(of, reopened.error());
      co_return;
    }
    answer = std::move(*reopened);
  }
  co_await send_range(of, std::move(answer), std::move(fields), status, plan.range);
}

async::awaitable<void> respond_empty(stream& of, http::field_list fields) {
  fields.set("Accept-Ranges", "bytes");
  co_await respond(of.context, 200, std::move(fields), {});
}

async::awaitable<void> respond_partial(stream& of, upstream::range_answer answer) {
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
    co_await respond_media(of, std::move(answer), std::move(fields), plan, total);
  }
}

/// The upstream's 200 to a Range request: one connection, the client's Range ignored.
async::awaitable<void> respond_passed_through(stream& of, upstream::range_answer answer) {
  const auto what = transfer::describe(answer.body.head(), answer.location, answer.total, of.asked.file_name);
  auto fields = media_fields(of, what, answer);
  fields.set("Accept-Ranges", "none");
  auto framing = transfer::client_framing::length;
  if (answer.total) {
    fields.set("Content-Length", std::to_string(*answer.total));
  } else if (of.context.request.version >= 11) {
    framing = transfer::client_framing::chunked;
    fields.set("Transfer-Encoding", "chunked");
  } else {
    framing = transfer::client_framing::until_close;
    of.context.keep_alive = false;
  }
  if (of.context.is_head()) {
    co_await respond_bare(of, 200, std::move(fields));
    co_return;
  }
  auto serving = of.context.worker.shared.statistics.begin_media_response();
  transfer::passthrough_job work{.body = answer.body,
                                 .head = response_head(of.context, 200, std::move(fields)),
                                 .framing = framing,
                                 .blocks = of.context.worker.blocks,
                                 .limits = limits_of(of.config()),
                                 .on_sent = [&serving](std::size_t bytes) { serving.add_bytes(bytes); }};
  const auto result = co_await transfer::pass_through(of.context.client, std::move(work));
  conclude(of, result);
}

async::awaitable<void> respond_whole(stream& of, upstream::range_answer answer) {
  if (answer.total == byte_offset(0)) {
    const auto what = transfer::describe(answer.body.head(), answer.location, 0, of.asked.file_name);
    co_await respond_empty(of, media_fields(of, what, answer));
  } else if (of.config().transfer.no_range == no_range_policy::passthrough) {
    co_await respond_passed_through(of, std::move(answer));
  } else {
    const auto host = answer.location.host_header();
    co_await refuse(of,
                    {.code = errc::range_unsupported, .detail = host + " does not support Range requests"});
  }
}

/// A 416 with a total: the resource is empty, or the client's Range lies outside, unless its If-Range says to
/// ignore it.
async::awaitable<void> respond_out_of_range(stream& of, const failure& cause) {
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
  add_identity(of, fields);
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

async::awaitable<void> respond_to(stream& of, upstream::range_answer answer) {
  if (answer.partial) {
    co_await respond_partial(of, std::move(answer));
  } else {
    co_await respond_whole(of, std::move(answer));
  }
}

async::awaitable<void> respond_to_failure(stream& of, const failure& cause) {
  const bool passthrough = of.config().transfer.no_range == no_range_policy::passthrough;
  if (cause.code == errc::range_unsatisfiable && cause.total) {
    co_await respond_out_of_range(of, cause);
    co_return;
  }
  if (cause.code == errc::range_unsupported && passthrough) {
    // Partial answers without a total are of no use: ask for the whole.
    auto whole = co_await upstream::open_range_persistently(of.file, upstream::wanted_all{}, of.tried);
    if (whole) {
      co_await respond_to(of, std::move(*whole));
    } else {
      co_await refuse(of, whole.error());
    }
    co_return;
  }
  co_await refuse(of, cause);
}

async::awaitable<void> serve(request_context& context, const stream_request& asked) {
  const auto& config = context.worker.shared.config;
  const async::executor on = co_await async::asio::this_coro::executor;
  upstream::remote_file file(context.worker.upstream, on, profile_of(asked, config), asked.sources);
  stream of{.context = context,
            .asked = asked,
            .file = file,
            .plan = {.connections = asked.connections, .chunk_size = asked.chunk_size},
            .range = transfer::client_range(context.request)};
  const auto bytes = transfer::first_wanted(of.range, context.is_head(), file.known_total, of.plan);
  auto answer = co_await upstream::open_range_persistently(file, bytes, of.tried);
  if (answer) {
    co_await respond_to(of, std::move(*answer));
  } else {
    co_await respond_to_failure(of, answer.error());
  }
}

http::field_list open_to_all() {
  http::field_list fields;
  add_cors(fields);
  return fields;
}

}  // namespace

async::awaitable<void> handle_stream(request_context& context) {
  const auto& config = context.worker.shared.config;
  const auto asked = parse_stream_query(context.query, config.transfer);
  if (!asked) {
    co_await respond_problem(context, asked.error().problem, open_to_all());
    co_return;
  }
  const bool stayed = co_await transfer::while_client_stays(context.client, context.input,
                                                            config.listen.max_head, serve(context, *asked));
  if (!stayed) context.keep_alive = false;
}

async::awaitable<void> handle_stream_options(request_context& context) {
  auto& shared = context.worker.shared;
  const auto asked = parse_stream_query(context.query, shared.config.transfer);
  bool readable = true;
  if (asked) {
    for (const auto& source : asked->sources) {
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
