#pragma once
// One DNS lookup on a c-ares channel of its own: A and AAAA side by side, given up by leaving the scope.

#include "async/token.hpp"
#include "core/settings.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace millrace::upstream {

struct dns_answer {
  std::vector<boost::asio::ip::address> v6, v4;  ///< at least one address together
  std::chrono::seconds ttl{0};                   ///< the shortest of the addresses'
};

/// Asks the hosts file, then DNS with the search domains, within config.dns_timeout. Ends when both families
/// have answered, or config.dns_resolution_delay after IPv4 alone has (RFC 8305 §3).
async::awaitable<fetch_result<dns_answer>> look_up(const std::string& host, const upstream_settings& config);

}  // namespace millrace::upstream
