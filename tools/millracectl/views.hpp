#pragma once
// The server's documents as text: the same entries look the same in every command.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace millrace::ctl {

/// Tables of StreamInfo and ClientInfo entries, each with its title line; one sentence when there are none.
std::string stream_table(const boost::json::array& streams);
std::string client_table(const boost::json::array& clients);

/// Everything about one StreamInfo or ClientInfo, one line per field.
std::string stream_details(const boost::json::object& stream);
std::string client_details(const boost::json::object& client);

/// Any object of numbers and words as labelled lines; names tell which are sizes, speeds and times.
std::string totals(const boost::json::object& statistics);

/// "primary", "failover 2": where a stream's bytes come from.
std::string source_name(const boost::json::object& stream);
/// "active" or "idle".
std::string activity(const boost::json::object& stream);
/// The URL without user, password and query, as far as it is one.
std::string short_url(const std::string& url);

}  // namespace millrace::ctl
