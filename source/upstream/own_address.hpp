#pragma once
// Whether an address is one of this machine's.

#include <boost/asio/ip/address.hpp>

namespace millrace::upstream {

/// Asks the system's routes, because interfaces and addresses come and go; sends nothing. false when the
/// system does not tell.
bool is_own_address(const boost::asio::ip::address& address) noexcept;

}  // namespace millrace::upstream
