#pragma once
// What answers and requests say about caching (RFC 9111 §3, §4.2, §5).

#include "http/message.hpp"

#include <chrono>
#include <optional>

namespace millrace::http {

/// What a shared cache may do with an answer.
struct cache_terms {
  bool may_store = false;            ///< not no-store, private, Vary: * or encoded, and it has a validator
  std::chrono::seconds age{0};       ///< when it was received
  std::chrono::seconds lifetime{0};  ///< how old it may be used without asking again; 0: always ask
};

/// Of a response received at that time. Never a guess (RFC 9111 §4.2.2): what says nothing of its lifetime is
/// not fresh, and neither is what says it badly.
cache_terms cache_terms_of(const field_list& response, std::chrono::sys_seconds received);

/// What a request demands of a cache.
struct cache_demands {
  bool may_store = true;
  std::optional<std::chrono::seconds> max_age;  ///< 0 and no-cache: ask the upstream again
  std::chrono::seconds min_fresh{0};
};

cache_demands cache_demands_of(const field_list& request);

/// Whether an answer may be used without asking again, so long after it was received.
bool is_fresh(const cache_terms& answer, std::chrono::seconds since_received, const cache_demands& asked);

}  // namespace millrace::http
