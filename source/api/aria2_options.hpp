#pragma once
// The options of aria2.addUri that millrace uses (aria2c(1), "HTTP/FTP/SFTP Options").

#include "api/aria2_request.hpp"
#include "api/stream_definition.hpp"

#include <boost/json/object.hpp>

namespace millrace::api {

/// Takes header, user-agent, referer, out, split and max-connection-per-server into a request whose sources
/// are already there; all others are ignored. invalid_params for a wrong one, with a message that names it.
rpc_result<void> take_options(add_uri_request& into, const boost::json::object& options,
                              const definition_limits& limits = {});

}  // namespace millrace::api
