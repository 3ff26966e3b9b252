#pragma once
// Hosts of URLs that are addresses and not names: they never reach DNS, nor a C library that would read more
// into them.

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace millrace::upstream {

/// Whether the last label is a number, decimal or 0x and hexadecimal, so that the host is an IPv4 address or
/// nothing (as browsers see it: URL Standard §3.5), or has a colon, so that it is IPv6. One dot at the end
/// does not count.
bool is_numeric_host(std::string_view host) noexcept;

/// IPv6 without brackets and zone, and IPv4 as inet_aton() reads it: one to four decimal, octal (0…) or
/// hexadecimal (0x…) numbers, the last of which fills what is left. nullopt for everything else.
std::optional<boost::asio::ip::address> parse_numeric_host(std::string_view host) noexcept;

}  // namespace millrace::upstream
