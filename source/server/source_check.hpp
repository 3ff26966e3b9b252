#pragma once
// Whether millrace may connect to the URLs that somebody names, before they are taken.

#include "async/token.hpp"
#include "core/url.hpp"
#include "upstream/connector.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace millrace::server {

/// The first URL that the address policy forbids: its position among them. All are looked at side by side, so
/// that slow names cost their time limit once.
async::awaitable<std::optional<std::size_t>> find_forbidden(upstream::connector& network,
                                                            const std::vector<url>& sources);

}  // namespace millrace::server
