#pragma once
// What the interface shows of a client.

#include "registry/client.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <span>
#include <string>

namespace millrace::api {

/// ClientInfo. `now` is when a client with an open response was last seen.
boost::json::object client_info(const registry::client& who, registry::wall_clock::time_point now,
                                boost::json::storage_ptr storage = {});

/// Appends the texts of these entries to a JSON array that is being written: `[` or an entry stands before.
void append_infos(std::string& text, std::span<const std::shared_ptr<registry::client>> entries,
                  registry::wall_clock::time_point now);

}  // namespace millrace::api
