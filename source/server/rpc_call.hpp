#pragma once
// The calls of one JSON-RPC message, on their way from the envelope to the methods.

#include "api/jsonrpc.hpp"
#include "server/request_context.hpp"

#include <cstddef>
#include <vector>

namespace millrace::server {

using rpc_value = api::rpc_result<boost::json::value>;

/// What the calls of one message share; lives in the handler's frame.
struct rpc_session {
  rpc_session(request_context& asked, const task_settings& limits)
      : context(asked), idle_workers(limits.tries_at_once - 1), listed_left(limits.max_listed) {}

  request_context& context;
  std::size_t idle_workers;  ///< calls that may run beside the one that runs
  std::size_t calls_left = api::most_rpc_calls;
  std::size_t listed_left;  ///< tasks that lists may still hold
};

/// Runs them, begun in their order and some side by side; the outcomes are in the same order. Each needs the
/// API token, unless the request brought it: the caller's own "token:SECRET". A call with a defect comes to
/// that.
async::awaitable<std::vector<rpc_value>> run_calls(rpc_session& session, std::vector<api::rpc_call> calls);

}  // namespace millrace::server
