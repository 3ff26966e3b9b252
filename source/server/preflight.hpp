#pragma once
// OPTIONS on the media that every web page may read (Fetch Standard §3.2.2).

#include "server/request_context.hpp"

namespace millrace::server {

async::awaitable<void> handle_open_options(request_context& context);

}  // namespace millrace::server
