#pragma once
// A client's connection while its session runs: the socket, the bytes read ahead, the time-outs.

#include "async/transport.hpp"
#include "registry/identity.hpp"
#include "server/watchdog.hpp"
#include "server/worker.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>

namespace millrace::server {

/// Lives in the session's frame.
struct client_link {
  worker& home;
  async::transport& socket;
  boost::asio::ip::address peer;
  watchdog deadline;
  std::string input = {};    ///< read but not yet consumed
  std::size_t requests = 0;  ///< served so far
  registry::identity_cache identities = {};
};

/// Appends what has arrived, at most `most` bytes and 16 KiB; would_block when there is nothing, eof at the
/// end.
std::size_t read_arrived(client_link& link, std::size_t most, error_code& ec);

/// Until there is more to read. False when the deadline has passed or the connection is broken:
/// `link.deadline` tells.
async::awaitable<bool> wait_for_input(client_link& link);

}  // namespace millrace::server
