#pragma once
// The hops that proxies report: Forwarded (RFC 7239) and X-Forwarded-For.

#include "http/message.hpp"

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace millrace::server {

/// Addresses from the client's (left) to the last proxy's own peer (right); a hop that is hidden, unknown or
/// malformed is nullopt.
using forwarded_hops = std::vector<std::optional<boost::asio::ip::address>>;

/// The `for` parameters of all Forwarded fields (RFC 7239 §4, §5.2).
forwarded_hops parse_forwarded(const http::field_list& fields);
/// All X-Forwarded-For fields.
forwarded_hops parse_x_forwarded_for(const http::field_list& fields);

/// Whether a proxy had its hand in it: Forwarded, any X-Forwarded-*, or X-Real-IP (which is never believed:
/// it does not tell which of several proxies wrote it).
bool has_forwarded(const http::field_list& fields) noexcept;

/// An address with or without port, IPv6 with or without brackets (RFC 7239 §6).
std::optional<boost::asio::ip::address> parse_node(std::string_view node);

}  // namespace millrace::server
