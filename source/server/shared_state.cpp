#include "server/shared_state.hpp"

#include "core/options.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace millrace::server {

namespace {

/// A rule that cannot be read is a bad option, whoever finds it.
template <class Build>
auto build_rules(Build build) {
  try {
    return build();
  } catch (const std::invalid_argument& error) {
    throw option_error(error.what());
  }
}

settings for_live(settings config) {
  config.upstream.read_timeout = config.live.stall;
  return config;
}

settings for_blocking(settings config) {
  config.upstream.read_timeout = std::max(config.upstream.read_timeout, config.hls.blocking_timeout);
  return config;
}

}  // namespace

shared_state::shared_state(settings given, access_control::surroundings around)
    : config(std::move(given)),
      live_config(for_live(config)),
      patient_config(for_blocking(config)),
      policy(
          build_rules([&] { return upstream::address_policy(config.upstream.allow, config.upstream.deny); })),
      tls(config.upstream.ca_file, config.upstream.insecure),
      network{config.upstream, policy, dns, tls},
      pool(network, config.upstream),
      budget(config.upstream.overload_memory),
      memory(config.upstream.url_memory_entries),
      buffers(config.transfer.max_memory > 0 ? config.transfer.max_memory : default_max_memory()),
      directory(config.registry, statistics),
      tasks(directory, config.task),
      hls(config.hls),
      access(build_rules([&] { return access_control(config.access, std::move(around)); })),
      clients(config.listen.max_clients, config.listen.max_clients_per_address, statistics) {
  if (!config.cache.on) return;
  cache.emplace(config.cache.size, buffers, statistics);
  // What is cached can be fetched again: whoever needs memory now comes first.
  buffers.set_reclaim([this](std::uint64_t bytes) { cache->evict(bytes); });
}

}  // namespace millrace::server
