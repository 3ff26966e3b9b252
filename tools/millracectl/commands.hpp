#pragma once
// The commands that ask once and print the answer; monitor is in a file of its own.

#include "api.hpp"
#include "invocation.hpp"
#include "outcome.hpp"

namespace millrace::ctl {

/// Any command but verb::monitor.
outcome<reply> run_command(const api& server, const invocation& asked);

}  // namespace millrace::ctl
