#pragma once
// What the interface shows of the whole process.

#include "api/process_view.hpp"
#include "registry/statistics.hpp"

#include <boost/json/object.hpp>

namespace millrace::api {

/// `proxy_stats` of GET /stats.
boost::json::object proxy_stats(const registry::statistics& counters, const process_view& process);
/// GET /health.
boost::json::object health(const registry::statistics& counters, const process_view& process, bool draining);
/// GET /.
boost::json::object index(const registry::statistics& counters, const process_view& process);

}  // namespace millrace::api
