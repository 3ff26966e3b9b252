#pragma once
// A client that leaves must stop its upstream transfers within a second, also while nothing is sent to it.

#include "async/event.hpp"
#include "async/transport.hpp"

#include <cstddef>
#include <string>

namespace millrace::transfer {

/// Runs beside a response. Reads what the client sends meanwhile (pipelined requests) into `input`, up to
/// `limit` bytes, and returns when the client has closed its side, the connection is broken, or it has sent
/// more than that.
async::awaitable<void> watch_client(async::transport& client, std::string& input, std::size_t limit);

/// Runs `response` and ends it early when the client leaves, or when somebody else notifies `ended`. False
/// when it was ended so.
async::awaitable<bool> while_client_stays(async::transport& client, std::string& input, std::size_t limit,
                                          async::event& ended, async::awaitable<void> response);

}  // namespace millrace::transfer
