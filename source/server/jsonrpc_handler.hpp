#pragma once
// POST /jsonrpc: aria2's JSON-RPC interface over HTTP.

#include "server/request_context.hpp"

namespace millrace::server {

/// One message, a single call or a batch. 200; 400 with the error object for a single call that fails and for
/// what is no message at all; an empty body when nobody wants an answer. Each call decides about its token.
async::awaitable<void> handle_jsonrpc(request_context& context);

}  // namespace millrace::server
