#pragma once
// The values that options take: numbers in a range, times, addresses, names. Each function answers the value
// or throws bad_value with what would have been allowed.

#include "core/settings.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace millrace::option_values {

/// `what()` completes the sentence "expected …".
struct bad_value : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A whole number, least <= n <= most.
std::uint64_t count(std::string_view text, std::uint64_t least, std::uint64_t most);
/// The same, or "off", which is 0; so is 0 itself.
std::uint64_t count_or_off(std::string_view text, std::uint64_t most);
/// A size as parse_size reads it; the bounds are given in the same form.
std::uint64_t size(std::string_view text, std::string_view least, std::string_view most);
/// Any size; "off" is 0.
std::uint64_t size_or_off(std::string_view text);
/// Seconds, decimals allowed; at least a millisecond.
std::chrono::milliseconds seconds(std::string_view text, std::chrono::seconds most);
/// true, yes, on, 1 or false, no, off, 0; any case.
bool flag(std::string_view text);
no_range_policy no_range(std::string_view text);
millrace::log_level level(std::string_view text);
millrace::log_format format(std::string_view text);

/// An IPv4 or IPv6 address, IPv6 also in brackets (which are taken off), with a zone too. `localhost` is
/// 127.0.0.1.
std::string listen_host(std::string_view text);
/// An IPv4 or IPv6 address.
std::string address(std::string_view text);
/// An address or a CIDR.
std::string network(std::string_view text);
/// `loopback`, `private`, `public`, an address, a CIDR or a host pattern.
std::string upstream_rule(std::string_view text);
/// A host name, or `*.` and one.
std::string host_pattern(std::string_view text);
/// scheme://host[:port], as browsers send it (RFC 6454 §7), or `*`.
std::string origin(std::string_view text);
/// Not empty, no control characters: fit for a header value (RFC 9110 §5.5).
std::string header_text(std::string_view text);
std::string secret(std::string_view text);
/// Not empty, visible ASCII only: fit for a header, a query and a command line.
std::string token(std::string_view text);
/// Not empty.
std::string path(std::string_view text);

}  // namespace millrace::option_values
