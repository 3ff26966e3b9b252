#pragma once
// Several addresses, one connection: attempts start one after the other without waiting for each other (RFC
// 8305 §5).

#include "async/token.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <optional>
#include <vector>

namespace millrace::upstream {

struct connect_candidate {
  boost::asio::ip::tcp::endpoint remote;
  std::optional<boost::asio::ip::address> local;  ///< bound first, if given
};

struct connect_failure {
  connect_candidate to;
  error_code code;
};

struct connect_outcome {
  std::optional<boost::asio::ip::tcp::socket> socket;  ///< the first that connected
  std::vector<connect_failure> failures;               ///< in the order they happened
};

/// The next attempt starts `delay` after the one before, or at once when that has failed. The losers have
/// been cancelled and joined when this returns, also when it is cancelled itself.
async::awaitable<connect_outcome> connect_first(std::vector<connect_candidate> candidates,
                                                std::chrono::steady_clock::duration delay);

}  // namespace millrace::upstream
