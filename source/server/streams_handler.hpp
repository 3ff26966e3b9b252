#pragma once
// /streams: the registry of streams.

#include "server/request_context.hpp"

namespace millrace::server {

/// POST /streams: makes a stream or redefines it.
async::awaitable<void> handle_post_stream(request_context& context);
/// GET|HEAD /streams
async::awaitable<void> handle_list_streams(request_context& context);
/// GET|HEAD /streams/{id}
async::awaitable<void> handle_show_stream(request_context& context);
/// DELETE /streams/{id}: ends its responses.
async::awaitable<void> handle_delete_stream(request_context& context);

}  // namespace millrace::server
