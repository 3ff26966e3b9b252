#pragma once
// One client connection from its first byte to its last (RFC 9112 §9).

#include "async/transport.hpp"
#include "server/admission.hpp"
#include "server/worker.hpp"

#include <memory>

namespace millrace::server {

/// Serves requests until the client leaves, an error or a time-out ends the connection, or the session is
/// cancelled. Runs on `home`'s event loop; `where` is held until the connection is closed. Throws nothing.
async::awaitable<void> run_session(worker& home, std::unique_ptr<async::transport> client,
                                   admission::place where);

}  // namespace millrace::server
