#pragma once
// Retry-After (RFC 9110 §10.2.3).

#include <chrono>
#include <optional>
#include <string_view>

namespace millrace::http {

/// Seconds, or the time until an HTTP-date: never negative, and numbers beyond what a client could wait for
/// count as years. nullopt for anything else.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::chrono::sys_seconds now);

}  // namespace millrace::http
