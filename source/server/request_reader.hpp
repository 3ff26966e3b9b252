#pragma once
// Requests as they arrive: heads and bodies, within their limits and time-outs.

#include "http/message_reader.hpp"
#include "server/client_link.hpp"

#include <string>

namespace millrace::server {

enum class read_outcome {
  complete,
  closed,     ///< the client has gone or was idle for too long: nobody to answer
  timeout,    ///< 408
  malformed,  ///< 400
  too_large,  ///< 431 for a head, 413 for a body
};

struct incoming_head {
  read_outcome outcome = read_outcome::closed;
  http::request_head head = {};
  std::string reason = {};  ///< plain words when malformed
};

/// The next request's head. An idle kept-alive connection ends silently; a head that has begun has
/// head_timeout.
async::awaitable<incoming_head> read_head(client_link& link);

/// Reads the body that `head` announces, at most max_body bytes within body_timeout in all, into `into` or
/// nowhere (null). Sends 100 Continue first, when the client waits for it.
async::awaitable<read_outcome> read_body(client_link& link, const http::request_head& head,
                                         std::string* into);

/// Waits for the client to close after our last byte, within bounds, and drops what it still sends: closing a
/// socket with unread bytes would reset it and could take the response away from the client (RFC 9112 §9.6).
async::awaitable<void> linger(client_link& link);

}  // namespace millrace::server
