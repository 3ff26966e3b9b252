#pragma once
// What kind of network an address belongs to (RFC 6890 and the IANA special-purpose address registries), and
// where else a connection to it may end: IPv6 addresses that carry an IPv4 one.

#include <boost/asio/ip/address.hpp>

#include <vector>

namespace millrace::upstream {

enum class address_class { loopback, link_local, multicast, unspecified, private_network, public_network };

/// The class of a peer. Private are RFC 1918, 100.64.0.0/10 and fc00::/7 alone; IPv4-mapped IPv6 counts as
/// IPv4, other addresses inside an address do not matter: whoever can choose such a one is no neighbour.
address_class classify(const boost::asio::ip::address& address) noexcept;

/// The class of a destination, without what is embedded in it. Beside the above, all that the registries do
/// not call globally reachable is private: benchmarks, documentation, protocol assignments, reserved and
/// deprecated ranges.
address_class classify_destination(const boost::asio::ip::address& address) noexcept;

/// Where a connection to that address may end: the address itself (IPv4-mapped as IPv4) and, behind it, the
/// IPv4 addresses that a translator or tunnel would read from it: IPv4-compatible (RFC 4291 §2.5.5.1),
/// IPv4-translated (RFC 7915), NAT64 (RFC 6052, RFC 8215 in each of its lengths), 6to4 (RFC 3056), Teredo's
/// server and client (RFC 4380 §4), ISATAP (RFC 5214 §6.1).
std::vector<boost::asio::ip::address> destinations(const boost::asio::ip::address& address);

}  // namespace millrace::upstream
