#pragma once
// What the interface shows of a stream.

#include "registry/stream.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace millrace::api {

/// StreamInfo. `now` is the last access of a stream that plays.
boost::json::object stream_info(const registry::stream& what, registry::wall_clock::time_point now,
                                boost::json::storage_ptr storage = {});
/// The answer to POST /streams.
boost::json::object stream_reply(const registry::stream& what, std::string_view message);

/// Appends the texts of these entries to a JSON array that is being written: `[` or an entry stands before.
void append_infos(std::string& text, std::span<const std::shared_ptr<registry::stream>> entries,
                  registry::wall_clock::time_point now);

}  // namespace millrace::api
