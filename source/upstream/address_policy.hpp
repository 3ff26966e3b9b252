#pragma once
// Where millrace may connect. Asked after DNS resolution, for every connection and every redirect.

#include "core/error.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::upstream {

/// Class of an address; IPv4-mapped IPv6 counts as IPv4, and so do the NAT64 and IPv4-compatible prefixes.
enum class address_class { loopback, link_local, multicast, unspecified, private_network, public_network };
address_class classify(const boost::asio::ip::address& address) noexcept;

/// Immutable after start-up, but for the own listen addresses; shared by all event loops.
///
/// The most specific rule decides: host pattern (exact or `*.suffix`), then the longest CIDR, then the class;
/// a tie between allow and deny is refused. A host pattern never opens loopback. Link-local, multicast and
/// unspecified are refused whatever the rules say. Without a rule: loopback refused, private and public
/// allowed.
class address_policy {
 public:
  /// Rules as given to --allow-upstream and --deny-upstream: `loopback`, `private`, `public`, an address, a
  /// CIDR or a host pattern. Throws std::invalid_argument naming the bad rule.
  address_policy(const std::vector<std::string>& allow, const std::vector<std::string>& deny);
  ~address_policy();
  address_policy(const address_policy&) = delete;
  address_policy& operator=(const address_policy&) = delete;

  /// millrace never connects to where it listens itself. Call it before the event loops run. An unspecified
  /// address stands for every address of this machine at that port.
  void add_own_endpoint(const boost::asio::ip::tcp::endpoint& endpoint,
                        std::vector<boost::asio::ip::address> local);

  /// Whether a host pattern refuses that name, whatever its addresses are.
  bool refuses_host(std::string_view host) const;
  bool allows(std::string_view host, const boost::asio::ip::address& address, std::uint16_t port) const;
  /// Whether web pages may read answers from there: public addresses, and those that an --allow-upstream rule
  /// names.
  bool web_readable(std::string_view host, const boost::asio::ip::address& address) const;

 private:
  struct rule;
  struct verdict;
  verdict decide(std::string_view host, const boost::asio::ip::address& address) const;

  std::vector<rule> rules_;
  std::vector<boost::asio::ip::tcp::endpoint> own_;
};

}  // namespace millrace::upstream
