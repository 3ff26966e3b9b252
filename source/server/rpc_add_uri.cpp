#include "server/rpc_add_uri.hpp"

#include "api/aria2_request.hpp"
#include "core/log.hpp"
#include "server/shared_state.hpp"
#include "server/source_check.hpp"
#include "server/source_trial.hpp"

namespace millrace::server {

namespace {

api::rpc_error failed(std::string message) {
  return {.code = api::rpc_code::failed, .message = std::move(message)};
}

}  // namespace

async::awaitable<rpc_value> add_uri(worker& home, const boost::json::array& params) {
  auto& shared = home.shared;
  auto asked = api::parse_add_uri(params);
  if (!asked) co_return asked.error();
  const auto deadline = std::chrono::steady_clock::now() + shared.config.task.try_timeout;
  const auto& sources = asked->definition.sources;
  const auto refused = co_await find_forbidden(shared.network, sources);
  if (refused) {
    co_return failed(sources[*refused].redacted() +
                     ": millrace may not connect to this host. --allow-upstream opens addresses.");
  }
  const auto tried = co_await try_sources(home, asked->definition, deadline);
  if (!tried) {
    log::info("no task: {}", tried.error().detail);
    co_return failed(tried.error().detail);
  }
  const url answered = sources[tried->source];
  const auto task = shared.tasks.add({.what = std::move(asked->definition),
                                      .out = std::move(asked->out),
                                      .connections = asked->connections,
                                      .options = std::move(asked->options)},
                                     tried->total);
  if (!task) co_return failed("There are too many tasks. Remove some that are not needed any more.");
  task->played->source_answered(answered);
  if (task->played->kind() == registry::stream_kind::undecided) task->played->turned_out(tried->kind);
  log::info("new task for {}", answered.redacted());
  co_return boost::json::value(task->gid);
}

}  // namespace millrace::server
