#pragma once
// One client of a broadcast: from its seat to its socket.

#include "async/transport.hpp"
#include "live/broadcast.hpp"

#include <functional>
#include <string>

namespace millrace::live {

struct viewing {
  std::string head;      ///< the response head
  bool chunked = false;  ///< framing of the body (RFC 9112 §7.1); else it lasts until the connection closes
  std::chrono::milliseconds send_timeout{0};
  registry::statistics& counters;
  std::function<void(std::size_t)> on_sent;  ///< payload bytes that the socket accepted
};

struct viewing_result {
  bool complete = false;  ///< the broadcast was a recording, and this client has all of it
  std::optional<failure> cause = {};
  error_code client_error = {};
};

/// Until there is something to send. The failure when the broadcast ended before; nothing when all is well.
async::awaitable<std::optional<failure>> wait_first_piece(seat& at);

/// Sends the head, then the tables and packets from a join point on, as they are published. A client that
/// falls behind by more than the buffer skips ahead on a packet boundary; its decoder is told.
async::awaitable<viewing_result> view(async::transport& client, seat& at, viewing how);

}  // namespace millrace::live
