#include "server/jsonrpc_handler.hpp"

#include "server/control_response.hpp"
#include "server/rpc_call.hpp"
#include "server/shared_state.hpp"
#include "transfer/client_watch.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace millrace::server {

namespace {

/// What an answer needs of its call.
struct expected_answer {
  boost::json::value id;
  bool wanted = true;
};

std::vector<expected_answer> expect(const api::rpc_message& message) {
  std::vector<expected_answer> all;
  for (const auto& each : message.calls)
    all.push_back({.id = each.id, .wanted = !each.notification});
  return all;
}

/// aria2.addUri waits for upstreams, nothing else for anything. Whoever has sent all and closes its side may
/// well wait for an answer that is there at once, but nobody waits for a task that way.
bool may_wait(const api::rpc_message& message) {
  return std::ranges::any_of(message.calls, [](const api::rpc_call& each) {
    return each.method == "aria2.addUri" || each.method == "system.multicall";
  });
}

/// False when the client has left meanwhile: the calls were ended.
async::awaitable<bool> run_for_client(request_context& context, async::awaitable<void> calls) {
  const async::executor here = co_await async::asio::this_coro::executor;
  const auto most_ahead = context.worker.shared.config.listen.max_head;
  async::event ended(here);
  co_return co_await transfer::while_client_stays(context.client, context.input, most_ahead, ended,
                                                  std::move(calls));
}

async::awaitable<void> run(rpc_session& session, std::vector<api::rpc_call> calls,
                           std::vector<rpc_value>& outcomes) {
  auto all = co_await run_calls(session, std::move(calls));
  outcomes = std::move(all);
}

}  // namespace

async::awaitable<void> handle_jsonrpc(request_context& context) {
  auto message = api::parse_rpc_message(context.body);
  if (!message) {
    auto answer = api::rpc_response(nullptr, message.error());
    co_await respond_json(context, std::move(answer), 400);
    co_return;
  }
  const auto expected = expect(*message);
  rpc_session session(context, context.worker.shared.config.task);
  std::vector<rpc_value> outcomes;
  bool stayed = true;
  if (may_wait(*message)) {
    stayed = co_await run_for_client(context, run(session, std::move(message->calls), outcomes));
  } else {
    co_await run(session, std::move(message->calls), outcomes);
  }
  if (!stayed) {
    context.keep_alive = false;
    co_return;
  }
  boost::json::array answers;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (expected[i].wanted) answers.push_back(api::rpc_response(expected[i].id, outcomes[i]));
  }
  if (answers.empty()) {
    co_await respond_json(context, std::string());
  } else if (message->batch) {
    auto text = boost::json::serialize(answers);
    co_await respond_json(context, std::move(text));
  } else {
    auto answer = std::move(answers.front().as_object());
    co_await respond_json(context, std::move(answer), outcomes.front() ? 200 : 400);
  }
}

}  // namespace millrace::server
