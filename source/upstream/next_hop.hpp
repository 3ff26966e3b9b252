#pragma once
// Where a redirect leads (RFC 9110 §10.2.2).

#include "core/error.hpp"
#include "core/url.hpp"

#include <optional>
#include <string_view>

namespace millrace::upstream {

/// The Location of an answer of `from`, resolved. Userinfo goes along to the same origin unless the Location
/// names its own, as browsers and curl do. errc::bad_redirect when there is no Location or it is no http(s)
/// URL.
fetch_result<url> next_hop(const url& from, std::optional<std::string_view> location);

}  // namespace millrace::upstream
