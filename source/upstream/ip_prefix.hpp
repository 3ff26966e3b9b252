#pragma once
// Networks in CIDR notation (RFC 4632, RFC 4291 §2.3), as the rules for upstream addresses name them.

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace millrace::upstream {

/// IPv4-mapped IPv6 as IPv4 and zones dropped; everything else as it is.
boost::asio::ip::address plain_address(const boost::asio::ip::address& address) noexcept;

struct ip_prefix {
  boost::asio::ip::address address;
  unsigned length = 0;  ///< bits that count

  /// `address` or `address/length`, IPv6 also in brackets; an address alone is its own network. A prefix of
  /// IPv4-mapped addresses is the IPv4 prefix.
  static std::optional<ip_prefix> parse(std::string_view text);
  /// `other` is a plain_address().
  bool contains(const boost::asio::ip::address& other) const noexcept;
};

}  // namespace millrace::upstream
