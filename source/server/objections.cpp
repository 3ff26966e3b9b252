#include "server/objections.hpp"

#include "server/shared_state.hpp"

#include <spdlog/fmt/fmt.h>

#include <utility>

namespace millrace::server {

using http::problem;
using http::problem_code;
using registry::objection;

namespace {

problem make_problem(problem_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail), .status = std::nullopt};
}

problem malformed(const client_link& link, std::string detail) {
  link.home.shared.statistics.count_objection(objection::malformed);
  return make_problem(problem_code::bad_request, std::move(detail));
}

/// A preflight cannot carry a token (Fetch Standard §4.8), and what it learns is in the manual.
bool is_open(const request_context& context, const route_match& match) {
  if (context.request.method == "OPTIONS") return true;
  return match.found && match.found->open && match.found->open(context.query);
}

problem token_problem(token_verdict verdict) {
  if (verdict == token_verdict::wrong) {
    return make_problem(problem_code::forbidden, "This is not the API token of this server.");
  }
  return make_problem(problem_code::unauthorized,
                      "This needs the server's API token: send it as X-API-Token, as Authorization: Bearer, "
                      "or as ?api_token=.");
}

}  // namespace

problem problem_of_head(const client_link& link, const incoming_head& incoming) {
  switch (incoming.outcome) {
    case read_outcome::timeout:
      return make_problem(problem_code::request_timeout, "The request head did not arrive in time.");
    case read_outcome::too_large:
      return make_problem(problem_code::head_too_large,
                          fmt::format("Request line and headers are longer than {} bytes.",
                                      link.home.shared.config.listen.max_head));
    default:
      return malformed(link, fmt::format("This is no HTTP/1.x request: {}.", incoming.reason));
  }
}

problem problem_of_target(const client_link& link) {
  return malformed(link, "The request target is no path on this server.");
}

problem problem_of_body(const client_link& link, read_outcome outcome) {
  switch (outcome) {
    case read_outcome::timeout:
      return make_problem(problem_code::request_timeout, "The request body did not arrive in time.");
    case read_outcome::too_large:
      return make_problem(problem_code::too_large, fmt::format("The request body is longer than {} bytes.",
                                                               link.home.shared.config.listen.max_body));
    default:
      return malformed(link, "The chunks of the request body are malformed.");
  }
}

std::optional<problem> find_objection(const client_link& link, request_context& context,
                                      const route_match& match) {
  auto& shared = link.home.shared;
  const auto& access = shared.access;
  const auto& fields = context.request.fields;
  const bool control = !match.path || !match.path->media;
  context.differs_by_origin = control && access.names_origins();
  if (control) context.named_origin = access.named_origin(fields);

  auto client = access.identify(link.peer, fields);
  auto verdict = access.judge_tokens(fields, context.path, context.query);
  context.authorised = verdict == token_verdict::right;

  auto why = objection::public_client;
  auto found = access.refuse_client(client);
  context.address = std::move(client.address);
  if (!found) {
    why = objection::host;
    found = access.refuse_host(context.host);
  }
  if (!found) {
    why = objection::origin;
    found = access.refuse_origin(context.request.method, fields, context.host);
  }
  if (!found && !context.authorised && !is_open(context, match)) {
    why = verdict == token_verdict::wrong ? objection::wrong_token : objection::no_token;
    found = token_problem(verdict);
  }
  if (found) shared.statistics.count_objection(why);
  return found;
}

}  // namespace millrace::server
