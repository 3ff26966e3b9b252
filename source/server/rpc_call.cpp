#include "server/rpc_call.hpp"

#include "api/aria2_request.hpp"
#include "async/task_group.hpp"
#include "server/rpc_add_uri.hpp"
#include "server/rpc_methods.hpp"
#include "server/shared_state.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <functional>

namespace millrace::server {

namespace {

using boost::json::array;

api::rpc_error too_many_calls() {
  return {.code = api::rpc_code::invalid_request, .message = "There are too many calls in one message."};
}

boost::json::value multicall_entry(const rpc_value& outcome) {
  if (outcome) return array{*outcome};
  return api::rpc_error_object(outcome.error());
}

async::awaitable<rpc_value> run_multicall(rpc_session& session, const array& params) {
  auto calls = api::parse_multicall(params);
  if (!calls) co_return calls.error();
  if (calls->size() > session.calls_left) co_return too_many_calls();
  session.calls_left -= calls->size();
  const auto outcomes = co_await run_calls(session, std::move(*calls));
  array results;
  for (const auto& each : outcomes)
    results.push_back(multicall_entry(each));
  co_return boost::json::value(std::move(results));
}

async::awaitable<rpc_value> run_call(rpc_session& session, api::rpc_call call) {
  if (call.defect) co_return *call.defect;
  const auto secret = api::take_secret(call.params);
  if (call.method == "system.multicall") co_return co_await run_multicall(session, call.params);
  const auto& context = session.context;
  const bool permitted = context.authorised || (secret && context.worker.shared.access.is_api_token(*secret));
  if (!permitted) {
    using registry::objection;
    context.worker.shared.statistics.count_objection(secret ? objection::wrong_token : objection::no_token);
    co_return api::rpc_error{.code = api::rpc_code::failed, .message = "Unauthorized"};
  }
  if (call.method == "aria2.addUri") co_return co_await add_uri(context.worker, call.params);
  const auto method = find_method(call.method);
  if (!method) {
    co_return api::rpc_error{.code = api::rpc_code::method_not_found,
                             .message = "No such method: " + call.method};
  }
  co_return method(session, call.params);
}

struct call_queue {
  rpc_session& session;
  std::vector<api::rpc_call> calls;
  std::vector<rpc_value> outcomes = std::vector<rpc_value>(calls.size());
  std::size_t next = 0;
};

async::awaitable<void> run_worker(call_queue& queue) {
  while (queue.next < queue.calls.size()) {
    const auto now = queue.next++;
    auto outcome = co_await run_call(queue.session, std::move(queue.calls[now]));
    queue.outcomes[now] = std::move(outcome);
    // Others of the event loop have their turn.
    co_await async::asio::post(async::asio::use_awaitable);
  }
}

}  // namespace

async::awaitable<std::vector<rpc_value>> run_calls(rpc_session& session, std::vector<api::rpc_call> calls) {
  call_queue queue{.session = session, .calls = std::move(calls)};
  const auto beside =
      std::min(session.idle_workers, queue.calls.size() - std::min<std::size_t>(queue.calls.size(), 1));
  session.idle_workers -= beside;
  std::function<async::awaitable<void>(async::task_group&)> work = [&](async::task_group& group) {
    for (std::size_t i = 0; i <= beside; ++i)
      group.spawn(run_worker(queue));
    return group.join();
  };
  co_await async::with_task_group(std::move(work));
  session.idle_workers += beside;
  co_return std::move(queue.outcomes);
}

}  // namespace millrace::server
