#pragma once
// What all event loops share.

#include "async/block_pool.hpp"
#include "async/tls_context.hpp"
#include "core/settings.hpp"
#include "live/hub.hpp"
#include "registry/directory.hpp"
#include "registry/statistics.hpp"
#include "registry/task_list.hpp"
#include "server/access_control.hpp"
#include "server/admission.hpp"
#include "server/hls_state.hpp"
#include "upstream/address_policy.hpp"
#include "upstream/block_cache.hpp"
#include "upstream/connection_pool.hpp"
#include "upstream/connector.hpp"
#include "upstream/origin_budget.hpp"
#include "upstream/resolver.hpp"
#include "upstream/url_memory.hpp"

#include <atomic>
#include <optional>

namespace millrace::server {

/// Owned by the application, built before the event loops and destroyed after them. Each member is immutable
/// after start-up or thread-safe by itself.
struct shared_state {
  /// Throws option_error for a bad rule, std::runtime_error for a CA file that cannot be read.
  shared_state(settings given, access_control::surroundings around);

  const settings config;
  const settings live_config;     ///< the same, but upstreams are waited for as live streams are
  const settings patient_config;  ///< and as answers are that wait for the next segment
  upstream::address_policy policy;
  upstream::dns_cache dns;
  async::tls_context tls;
  upstream::connector network;
  upstream::connection_pool pool;
  upstream::origin_budget budget;
  upstream::url_memory memory;
  async::memory_budget buffers;
  registry::statistics statistics;
  std::optional<upstream::block_cache> cache;  ///< with --cache
  registry::directory directory;
  registry::task_list tasks;
  live::hub on_air;
  hls_state hls;
  access_control access;
  admission clients;
  std::atomic<bool> draining{false};  ///< after the first signal: no keep-alive, /health says so
};

}  // namespace millrace::server
