#include "server/source_check.hpp"

#include "async/task_group.hpp"

#include <functional>

namespace millrace::server {

namespace {

/// One URL, and what the address policy says of it.
struct candidate {
  const url& source;
  bool forbidden = false;
};

async::awaitable<void> check(upstream::connector& network, candidate& one) {
  constexpr std::chrono::seconds limit(2);
  one.forbidden = co_await upstream::is_forbidden(network, one.source, limit);
}

}  // namespace

async::awaitable<std::optional<std::size_t>> find_forbidden(upstream::connector& network,
                                                            const std::vector<url>& sources) {
  std::vector<candidate> candidates;
  candidates.reserve(sources.size());
  for (const auto& each : sources)
    candidates.push_back({.source = each});
  std::function<async::awaitable<void>(async::task_group&)> look = [&](async::task_group& group) {
    for (auto& each : candidates)
      group.spawn(check(network, each));
    return group.join();
  };
  co_await async::with_task_group(std::move(look));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].forbidden) co_return i;
  }
  co_return std::nullopt;
}

}  // namespace millrace::server
