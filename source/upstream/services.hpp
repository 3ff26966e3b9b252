#pragma once
// What every upstream operation needs, gathered: owned by the application, one per event loop.

#include "async/block_pool.hpp"
#include "core/settings.hpp"
#include "registry/statistics.hpp"
#include "upstream/block_cache.hpp"
#include "upstream/connection_pool.hpp"
#include "upstream/origin_budget.hpp"
#include "upstream/url_memory.hpp"

namespace millrace::upstream {

struct services {
  const settings& config;
  connector& network;              ///< shared
  connection_pool& pool;           ///< shared
  origin_budget& budget;           ///< shared
  url_memory& memory;              ///< shared
  async::memory_budget& buffers;   ///< shared
  registry::statistics& counters;  ///< shared
  async::block_pool& blocks;       ///< this event loop's own
  block_cache* cache = nullptr;    ///< shared; null without --cache
};

}  // namespace millrace::upstream
