#pragma once
// A URL's origin → a connected transport: DNS, address policy, Happy Eyeballs (RFC 8305), --bind, TLS.

#include "async/tls_context.hpp"
#include "async/transport.hpp"
#include "core/settings.hpp"
#include "core/url.hpp"
#include "upstream/address_policy.hpp"
#include "upstream/resolver.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace millrace::upstream {

/// Shared by all event loops.
struct connector {
  const upstream_settings& config;
  const address_policy& policy;
  dns_cache& dns;
  async::tls_context& tls;
  std::atomic<std::uint32_t> next_bind{0};  ///< connections are dealt over config.bind in turn
};

/// Connects within config.connect_timeout (errc::connect_timeout). Addresses the policy forbids are dropped,
/// none left is errc::address_forbidden; `pin` connects to that address only (it is checked all the same). A
/// local address of config.bind of the same family is bound first, if there is one; when config.bind is given
/// but has no address of a family, that family is not tried.
async::awaitable<fetch_result<std::unique_ptr<async::transport>>> connect(
    connector& via, const url& target, std::optional<boost::asio::ip::tcp::endpoint> pin = std::nullopt);

/// Whether web pages may read an answer from this URL's host (address_policy::web_readable for all its
/// addresses that are allowed). False when the host cannot be resolved.
async::awaitable<bool> web_readable(connector& via, const url& target);

/// Whether the policy refuses this URL: by the host's name, or because it refuses every address. A host that
/// cannot be resolved within `limit` is not refused: each connection is checked anyway.
async::awaitable<bool> is_forbidden(connector& via, const url& target,
                                    std::chrono::steady_clock::duration limit);

}  // namespace millrace::upstream
