#pragma once
// What millrace has to know about the machine it runs on.

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace millrace::server {

/// An address of one of this machine's interfaces and the length of its on-link prefix.
struct interface_address {
  boost::asio::ip::address address;
  unsigned prefix = 0;
};

/// Of all interfaces that are up; empty when the system does not tell.
std::vector<interface_address> interface_addresses();

/// As gethostname() says, lower case.
std::string machine_name();

/// Raises the soft limit of open descriptors to the hard one and answers it.
std::size_t raise_descriptor_limit();

/// How many clients so many descriptors bear: each needs its own and at least one upstream's, beside the idle
/// upstream connections and what the process itself has open.
std::size_t clients_that_fit(std::size_t descriptors, std::size_t idle_upstreams) noexcept;

}  // namespace millrace::server
