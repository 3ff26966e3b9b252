#pragma once
// The command that looks again and again: in place on a terminal, as lines elsewhere.

#include "http_client.hpp"
#include "invocation.hpp"
#include "outcome.hpp"

namespace millrace::ctl {

/// Runs until SIGINT, SIGTERM or SIGHUP, which is success. Trouble when the first look fails, or when stdout
/// can no longer be written; later failures are shown and tried again.
outcome<reply> run_monitor(http_client& client, const invocation& asked);

}  // namespace millrace::ctl
