#pragma once
// What operators want of a running broadcast: another source.

#include "live/air.hpp"

namespace millrace::live {

/// Tries what is ordered beside the running source, and goes over to it when it gives packets. Until
/// cancelled.
async::awaitable<void> run_orders(air& on);

}  // namespace millrace::live
