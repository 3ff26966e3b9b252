#pragma once
// What the command line asks for.

#include "command_table.hpp"
#include "server_address.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace millrace::ctl {

/// How to reach the server, the same for all commands.
struct connection_settings {
  server_address server;
  std::string token = {};    ///< empty: none is sent
  std::string ca_file = {};  ///< PEM, trusted besides the system's CAs; empty: none
  bool insecure = false;
  std::chrono::milliseconds timeout{10'000};  ///< of one whole request, connecting included
};

/// The body of POST /streams.
struct stream_request {
  using pairs = std::vector<std::pair<std::string, std::string>>;

  std::string url;
  std::vector<std::string> failover_urls;
  std::string user_agent;
  pairs headers;
  pairs metadata;
};

struct invocation {
  connection_settings connection;
  verb command;
  bool json = false;
  std::string id = {};                        ///< of the stream or client; empty: all
  std::string stream_id = {};                 ///< --stream of disconnect
  stream_request stream = {};                 ///< of create
  std::chrono::milliseconds interval{5'000};  ///< of monitor
};

}  // namespace millrace::ctl
