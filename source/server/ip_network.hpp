#pragma once
// Networks in CIDR notation (RFC 4632, RFC 4291 §2.3).

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace millrace::server {

/// IPv4-mapped IPv6 as IPv4, link-local zones dropped; everything else as it is.
boost::asio::ip::address plain_address(const boost::asio::ip::address& address);

/// An address and how many of its leading bits count.
class ip_network {
 public:
  /// `bits` beyond the address's length mean all of it.
  ip_network(const boost::asio::ip::address& address, unsigned bits);
  /// "10.0.0.0/8", "fd00::/8" or a single address.
  static std::optional<ip_network> parse(std::string_view text);

  bool contains(const boost::asio::ip::address& address) const;

 private:
  boost::asio::ip::address address_;
  unsigned bits_;
};

}  // namespace millrace::server
