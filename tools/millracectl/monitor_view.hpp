#pragma once
// What monitor shows of one GET /stats, as lines of text.

#include "rate_meter.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::ctl {

/// A StreamInfo or ClientInfo with its speed since the look before.
struct measured {
  std::string name;  ///< tells it apart
  boost::json::object info;
  std::optional<double> rate;  ///< bytes per second
};

/// One look at the server.
struct look {
  boost::json::object totals;              ///< proxy_stats
  std::optional<double> rate;              ///< of all together
  std::vector<measured> streams, clients;  ///< the busiest first
};

look take_look(const boost::json::object& stats, rate_meter& meter, rate_meter::clock::time_point now);

/// Lines for a terminal of that many columns and rows, never more. What does not fit is counted in a line "…
/// n more".
std::vector<std::string> screen_lines(const look& what, std::string_view headline, std::size_t columns,
                                      std::size_t rows);

/// Lines for files and pipes, each beginning with `time` and `total`, `stream` or `client`.
std::vector<std::string> plain_lines(const look& what, std::string_view time);

}  // namespace millrace::ctl
