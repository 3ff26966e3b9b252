#pragma once
// What all upstream requests of a registered stream have in common.

#include "core/settings.hpp"
#include "registry/stream.hpp"
#include "upstream/request_profile.hpp"

namespace millrace::server {

/// Its headers and user agent; credentials among the headers belong to the primary URL's origin.
upstream::request_profile profile_of(const registry::stream_definition& stream, const settings& config);

}  // namespace millrace::server
