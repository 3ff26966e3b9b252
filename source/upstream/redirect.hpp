#pragma once
// Following redirects (RFC 9110 §15.4).

#include "upstream/exchange.hpp"

namespace millrace::upstream {

/// A response that is no redirect, and the URL that gave it.
struct located_exchange {
  exchange answer;
  url location;
};

/// 301, 302, 303, 307 and 308 with a Location.
bool is_redirect(unsigned status) noexcept;

/// Sends the request to `start` and follows redirects, at most upstream_settings::max_redirects.
/// errc::too_many_redirects, redirect_loop, bad_redirect, and whatever send_request() fails with. `pin` holds
/// for the first hop, `fresh` (no kept connection) for all.
async::awaitable<fetch_result<located_exchange>> follow_redirects(
    const services& with, const request_profile& profile, url start, wanted bytes,
    std::optional<boost::asio::ip::tcp::endpoint> pin = std::nullopt, bool fresh = false);

}  // namespace millrace::upstream
