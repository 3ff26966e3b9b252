#pragma once
// What web pages may read depends on the class of an upstream's address: an upstream at home, and what pages
// are told.

#include "support/raw_client.hpp"
#include "upstream/address_policy.hpp"

#include <boost/asio/ip/address_v4.hpp>

#include <string>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace millrace::test {

/// An address of this machine that is private but not loopback, or nothing.
inline std::string own_private_address() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return {};
  std::string found;
  for (const auto* each = all; each != nullptr && found.empty(); each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const auto* socket = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
    const boost::asio::ip::address_v4 address(ntohl(socket->sin_addr.s_addr));
    if (upstream::classify(address) == upstream::address_class::private_network) found = address.to_string();
  }
  freeifaddrs(all);
  return found;
}

/// Any page may read it.
inline bool readable(const raw_response& response) {
  return response.header("Access-Control-Allow-Origin").value_or("") == "*";
}

}  // namespace millrace::test
