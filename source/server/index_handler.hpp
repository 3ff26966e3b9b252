#pragma once
// GET|HEAD /: what this is and how it fares.

#include "server/request_context.hpp"

namespace millrace::server {

async::awaitable<void> handle_index(request_context& context);

}  // namespace millrace::server
