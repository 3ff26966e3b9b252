#pragma once
// Where millrace may connect. Asked after DNS resolution, for every connection and every redirect.

#include "upstream/address_class.hpp"
#include "upstream/upstream_rule.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::upstream {

/// Why an address is refused.
enum class refusal_reason {
  none,
  never,     ///< link-local, multicast or unspecified
  loopback,  ///< and no rule opens it
  rule,      ///< a --deny-upstream
  own,       ///< millrace listens there itself
};

/// Immutable after start-up, but for the own listen addresses; shared by all event loops.
///
/// The most specific rule decides: host pattern (exact or `*.suffix`), then the longest CIDR, then the class;
/// a tie between allow and deny is refused. A host pattern never opens loopback. Link-local, multicast and
/// unspecified are refused whatever the rules say. Without a rule: loopback refused, private and public
/// allowed. An address that carries others is allowed when all of them are (destinations()).
class address_policy {
 public:
  /// Rules as given to --allow-upstream and --deny-upstream (upstream_rule::parse()). Throws
  /// std::invalid_argument naming the bad rule.
  address_policy(const std::vector<std::string>& allow, const std::vector<std::string>& deny);
  address_policy(const address_policy&) = delete;
  address_policy& operator=(const address_policy&) = delete;

  /// millrace never connects to where it listens itself. Call it before the event loops run. An unspecified
  /// address stands for every address of this machine at that port: those in `local`, and those that the
  /// system says are its own when it is asked.
  void add_own_endpoint(const boost::asio::ip::tcp::endpoint& endpoint,
                        std::vector<boost::asio::ip::address> local);

  /// Whether a host pattern refuses that name, whatever its addresses are.
  bool refuses_host(std::string_view host) const;
  bool allows(std::string_view host, const boost::asio::ip::address& address, std::uint16_t port) const;
  /// Why allows() says no.
  refusal_reason why_refused(std::string_view host, const boost::asio::ip::address& address,
                             std::uint16_t port) const;
  /// Whether web pages may read answers from there: public addresses, and those that an --allow-upstream rule
  /// names.
  bool web_readable(std::string_view host, const boost::asio::ip::address& address) const;

 private:
  struct verdict {
    refusal_reason reason = refusal_reason::none;
    bool by_rule = false;  ///< decided by a rule and not by the defaults
  };
  /// On one destination.
  verdict decide(const std::string& name, const boost::asio::ip::address& address) const;
  bool is_own(const boost::asio::ip::address& address, std::uint16_t port) const;

  std::vector<upstream_rule> rules_;
  std::vector<boost::asio::ip::tcp::endpoint> own_;
};

}  // namespace millrace::upstream
