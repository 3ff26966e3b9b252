#include "registry/source_memory.hpp"

#include <algorithm>

namespace millrace::registry {

std::size_t source_memory::current(std::span<const url> sources) const {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const url& each) { return each.text() == last_good_; });
  return found == sources.end() ? 0 : static_cast<std::size_t>(found - sources.begin());
}

std::vector<std::size_t> source_memory::order(std::span<const url> sources, clock::time_point now) const {
  std::vector<std::size_t> ready, resting;
  const auto first = current(sources);
  for (std::size_t step = 0; step < sources.size(); ++step) {
    const auto index = (first + step) % sources.size();
    const auto found = failed_.find(sources[index].text());
    const bool rests = found != failed_.end() && now < found->second.rests_until;
    (rests ? resting : ready).push_back(index);
  }
  ready.insert(ready.end(), resting.begin(), resting.end());
  return ready;
}

void source_memory::answered(const url& source) {
  if (last_good_ != source.text()) last_good_ = source.text();
}

void source_memory::worked(const url& source) {
  answered(source);
  if (!failed_.empty()) failed_.erase(source.text());
}

void source_memory::failed(const url& source, clock::time_point now, const registry_settings& config) {
  auto& record = failed_[source.text()];
  if (now - record.rests_until > config.source_rest_limit) record.failures = 0;
  const auto doubled = config.source_rest * (1LL << std::min(record.failures, 20U));
  record.rests_until = now + std::min<std::chrono::milliseconds>(doubled, config.source_rest_limit);
  ++record.failures;
}

void source_memory::keep_only(std::span<const url> sources) {
  std::erase_if(failed_, [&](const auto& each) {
    return std::none_of(sources.begin(), sources.end(),
                        [&](const url& source) { return source.text() == each.first; });
  });
}

}  // namespace millrace::registry
