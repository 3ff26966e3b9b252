#pragma once
// One upstream connection of a broadcast, from its first byte to its end.

#include "live/air.hpp"

namespace millrace::live {

/// Reads, aligns, joins and publishes until the connection ends. errc::body_ended when it did so properly,
/// errc::not_transport_stream, operation_aborted when an operator has chosen another source (air::moved).
/// With air::end complete, it turned out to be a recording that is over.
async::awaitable<failure> read_connection(air& on, connection& from);

}  // namespace millrace::live
