#include "server/serve_request.hpp"

#include "core/log.hpp"
#include "server/cors.hpp"
#include "server/objections.hpp"
#include "server/preflight.hpp"
#include "server/request_target.hpp"
#include "server/router.hpp"
#include "server/shared_state.hpp"

#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace millrace::server {

namespace {

using http::problem;
using http::problem_code;

problem make_problem(problem_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail), .status = std::nullopt};
}

/// Paths may hold whole URLs that somebody pasted, or a query that somebody encoded: the log gets nothing of
/// them.
std::string_view path_for_log(std::string_view path) {
  path = path.substr(0, path.find(":/"));
  return path.substr(0, path.find('?'));
}

/// Routes are told apart in the statistics by their patterns; what is no route has none.
void record(const request_context& context, std::string_view route) {
  context.worker.shared.statistics.count_request(route, context.sent.status);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - context.started;
  const auto or_dash = [](std::string_view text) { return text.empty() ? "-" : text; };
  log::info("{} {} {} {} bytes {:.1f} ms {}", or_dash(context.request.method),
            or_dash(path_for_log(context.path)), context.sent.status, context.sent.bytes, took.count(),
            context.address.to_string());
}

async::awaitable<void> answer_options(request_context& context, const route_match& match) {
  if (match.path && match.path->handle_options) {
    // Handlers look names up: not for strangers, whose request that follows is refused anyway.
    const bool stranger = !context.authorised && !(match.path->open && match.path->open(context.query));
    const auto handle = stranger ? handle_open_options : match.path->handle_options;
    co_await handle(context);
    co_return;
  }
  http::field_list fields;
  fields.add("Allow", match.path ? match.allow : "GET, HEAD, POST, DELETE, OPTIONS");
  if (!context.named_origin.empty()) {
    add_preflight(fields, fields.get("Allow"));
    add_private_network(fields, context.request.fields);
  }
  co_await respond(context, 204, std::move(fields), {});
}

/// The problem documents of a media route may be read by web pages, too.
async::awaitable<void> refuse(request_context& context, const route_match& match, const problem& why) {
  http::field_list fields;
  if (match.path && match.path->media) add_cors(fields);
  if (why.code == problem_code::method_not_allowed) fields.add("Allow", match.allow);
  if (why.code == problem_code::unauthorized) fields.add("WWW-Authenticate", "Bearer");
  if (http::status_of(why) == 503) {
    const auto wait = context.worker.shared.config.listen.busy_retry_after;
    fields.add("Retry-After", std::to_string(wait.count()));
  }
  co_await respond_problem(context, why, std::move(fields));
}

/// Runs the handler; a bug in it must not take the other sessions along.
async::awaitable<void> run_handler(request_context& context, const route_match& match) {
  std::exception_ptr failure;
  try {
    if (context.request.method == "OPTIONS") {
      co_await answer_options(context, match);
    } else {
      co_await match.found->handle(context);
    }
    co_return;
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) throw;
    log::error("{}: {}", path_for_log(context.path), error.what());
  } catch (const std::exception& error) {
    log::error("{}: {}", path_for_log(context.path), error.what());
  }
  context.keep_alive = false;
  if (context.sent.status != 0) co_return;
  const problem internal{.code = problem_code::busy,
                         .detail = "Something went wrong inside millrace; its log tells what.",
                         .status = 500};
  co_await refuse(context, match, internal);
}

std::optional<problem> find_route_problem(const request_context& context, const route_match& match) {
  if (context.path == "*" || match.found) return std::nullopt;
  if (!match.path) {
    return make_problem(problem_code::not_found, "There is nothing at this path.");
  }
  if (context.request.method == "OPTIONS") return std::nullopt;
  return make_problem(problem_code::method_not_allowed, fmt::format("This path takes {}.", match.allow));
}

/// The connection of a trusted proxy is no client's: what it forwards counts for the client behind it.
bool exceeds_share(client_link& link, const request_context& context, std::optional<admission::share>& part) {
  auto& clients = link.home.shared.clients;
  if (!clients.limits_addresses() || context.address == link.peer) return false;
  part = clients.admit_request(context.address);
  return !part;
}

/// Bodies count in --max-memory but for their first bytes, which hold every usual one. False when it is used
/// up.
bool make_room(const client_link& link, const http::request_head& head,
               async::memory_budget::reservation& room) {
  constexpr std::size_t small = 64 * 1024;
  auto& shared = link.home.shared;
  const auto most = shared.config.listen.max_body;
  const auto size = head.body == http::framing::length ? head.content_length : most;
  if (size <= small || size > most) return true;  // one that is too long is not read
  room = shared.buffers.try_reserve(size);
  return room.size() == size;
}

/// True when the whole request has been read; else the client may still be sending.
async::awaitable<bool> answer(client_link& link, request_context& context, std::optional<problem> objection,
                              std::string_view& route) {
  const auto& head = context.request;
  auto match = find_route(routes(), head.method, context.path);
  if (match.path) route = match.path->pattern;
  context.allow = match.allow;
  context.captures = std::move(match.captures);
  if (!objection) objection = find_objection(link, context, match);
  if (!objection) objection = find_route_problem(context, match);
  std::optional<admission::share> part;
  if (!objection && exceeds_share(link, context, part)) {
    objection =
        make_problem(problem_code::busy, "Too many requests of this client are running. Try again later.");
  }

  bool all_read = head.body == http::framing::none;
  const bool wanted = !all_read && match.found && match.found->takes_body;
  async::memory_budget::reservation room;
  if (!objection && wanted && !make_room(link, head, room))
    objection = make_problem(problem_code::busy, "There is no memory for the request body. Try again later.");
  if (!objection && !all_read) {
    const auto outcome = co_await read_body(link, head, wanted ? &context.body : nullptr);
    link.deadline.clear();
    all_read = outcome == read_outcome::complete;
    if (outcome == read_outcome::closed) {
      context.keep_alive = false;
      co_return true;
    }
    if (!all_read) objection = problem_of_body(link, outcome);
  }
  if (!objection) {
    co_await run_handler(context, match);
    co_return true;
  }
  if (!all_read) context.keep_alive = false;
  co_await refuse(context, match, *objection);
  co_return all_read;
}

}  // namespace

async::awaitable<connection_after> serve_request(client_link& link, const incoming_head& incoming) {
  auto& shared = link.home.shared;
  link.deadline.clear();
  std::optional<problem> objection;
  std::optional<request_target> target;
  const bool readable = incoming.outcome == read_outcome::complete;
  if (readable) {
    target = parse_target(incoming.head);
    if (!target) objection = problem_of_target(link);
  } else {
    objection = problem_of_head(link, incoming);
  }

  response_record sent;
  request_context context{.request = incoming.head,
                          .client = link.socket,
                          .input = link.input,
                          .address = link.peer,
                          .path = target ? std::move(target->path) : std::string(),
                          .query = target ? target->query : std::string_view(),
                          .worker = link.home,
                          .keep_alive = readable && incoming.head.keep_alive && !shared.draining.load(),
                          .deadline = link.deadline,
                          .sent = sent,
                          .identities = link.identities,
                          .host = target ? target->host : std::string_view()};
  std::exception_ptr failure;
  bool all_read = false;
  std::string_view route;
  try {
    all_read = co_await answer(link, context, std::move(objection), route);
  } catch (...) {
    failure = std::current_exception();
  }
  record(context, route);
  if (failure) std::rethrow_exception(failure);

  if (!readable || !all_read) co_return connection_after::linger;
  // A response that ended while draining was the connection's last one, whatever its head had said.
  if (context.keep_alive && !shared.draining.load()) co_return connection_after::keep;
  co_return link.input.empty() ? connection_after::close : connection_after::linger;
}

}  // namespace millrace::server
