#pragma once
// One request and its response: access control, router, body, handler, log line.

#include "server/request_reader.hpp"

namespace millrace::server {

enum class connection_after {
  keep,    ///< for the next request
  close,   ///< nothing unread is left
  linger,  ///< the client may still be sending: see linger()
};

/// Answers a request whose head has been read, or one whose head could not be. Cancelled, it throws
/// operation_aborted.
async::awaitable<connection_after> serve_request(client_link& link, const incoming_head& incoming);

}  // namespace millrace::server
