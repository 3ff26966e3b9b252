#pragma once
// After the fault of a live source: back to it, or on to another one.

#include "live/air.hpp"

namespace millrace::live {

/// The next connection after a fault of `lost`; the last failure when --live-grace has passed, or when
/// nothing has ever come and every source has been tried; operation_aborted when an operator has chosen
/// meanwhile.
async::awaitable<fetch_result<connection>> reconnect(air& on, url lost, failure why);

}  // namespace millrace::live
