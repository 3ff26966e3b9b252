#pragma once
// /clients: who plays, and ending that.

#include "server/request_context.hpp"

namespace millrace::server {

/// GET|HEAD /clients
async::awaitable<void> handle_list_clients(request_context& context);
/// GET|HEAD /clients/{id}
async::awaitable<void> handle_show_client(request_context& context);
/// DELETE /clients/{id}: ends its responses, on all streams.
async::awaitable<void> handle_delete_client(request_context& context);
/// DELETE /hls/{stream}/clients/{id}: on this stream only.
async::awaitable<void> handle_delete_client_of_stream(request_context& context);

}  // namespace millrace::server
