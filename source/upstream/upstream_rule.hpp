#pragma once
// One --allow-upstream or --deny-upstream.

#include "upstream/address_class.hpp"
#include "upstream/ip_prefix.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::upstream {

/// Host names as rules compare them: lower case, without the dot at the end.
std::string normalised_host(std::string_view host);

/// A class, a network, or a host pattern.
struct upstream_rule {
  bool allow = false;
  std::optional<address_class> whole_class;
  std::optional<ip_prefix> net;
  std::string host;  ///< lower case; for `*.suffix` the suffix with its dot
  bool wildcard = false;

  /// `loopback`, `private`, `public`, an address, a CIDR or a host pattern (a name or `*.suffix`). Throws
  /// std::invalid_argument naming the bad text.
  static upstream_rule parse(const std::string& text, bool allow);

  bool is_host() const noexcept { return !host.empty(); }
  /// 0: does not match. The larger the more specific: class < shorter < longer network < shorter < longer
  /// suffix < name. `name` is a normalised_host(), `address` a plain_address() of that class. A name that
  /// points to loopback opens nothing.
  std::size_t match(std::string_view name, const boost::asio::ip::address& address,
                    address_class its_class) const;
};

}  // namespace millrace::upstream
