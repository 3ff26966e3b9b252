#include "live/hub.hpp"

#include <boost/asio/post.hpp>

namespace millrace::live {

std::unique_ptr<hub::opening> hub::try_open(const std::string& stream_id) {
  const std::scoped_lock lock(mutex_);
  const auto [place, free] = opening_.try_emplace(stream_id);
  if (!free) return nullptr;
  const auto last = on_air_.find(stream_id);
  if (last != on_air_.end() && last->second->over()) {
    // Its end will tell those who wait.
    place->second.closing = true;
    return nullptr;
  }
  return std::make_unique<opening>(*this, stream_id);
}

async::awaitable<std::optional<failure>> hub::wait_opened(std::string stream_id) {
  const async::executor here = co_await async::asio::this_coro::executor;
  const auto told = std::make_shared<outcome>(here);
  {
    const std::scoped_lock lock(mutex_);
    const auto found = opening_.find(stream_id);
    if (found == opening_.end()) co_return std::nullopt;
    found->second.others.push_back({here, told});
  }
  co_await told->told.wait();
  co_return told->cause;
}

void hub::opened(const std::string& stream_id, const std::optional<failure>& cause) {
  const std::scoped_lock lock(mutex_);
  tell(stream_id, cause);
}

/// The lock is held.
void hub::tell(const std::string& stream_id, const std::optional<failure>& cause) {
  const auto found = opening_.find(stream_id);
  if (found == opening_.end()) return;
  for (const auto& each : found->second.others) {
    async::asio::post(each.on, [told = each.told, cause] {
      const auto waits = told.lock();
      if (!waits) return;
      waits->cause = cause;
      waits->told.notify();
    });
  }
  opening_.erase(found);
}

bool hub::add(const std::shared_ptr<broadcast>& begun) {
  const std::scoped_lock lock(mutex_);
  auto& entry = on_air_[begun->stream()->id()];
  if (entry && entry->stream() == begun->stream() && !entry->over()) return false;
  entry = begun;
  return true;
}

void hub::replace(const std::shared_ptr<broadcast>& begun) {
  const std::scoped_lock lock(mutex_);
  on_air_[begun->stream()->id()] = begun;
}

void hub::remove(const broadcast& ended) {
  const std::scoped_lock lock(mutex_);
  const auto found = on_air_.find(ended.stream()->id());
  if (found != on_air_.end() && found->second.get() == &ended) on_air_.erase(found);
  const auto turn = opening_.find(ended.stream()->id());
  if (turn != opening_.end() && turn->second.closing) tell(turn->first, std::nullopt);
}

std::shared_ptr<broadcast> hub::find(const std::string& stream_id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = on_air_.find(stream_id);
  return found == on_air_.end() ? nullptr : found->second;
}

}  // namespace millrace::live
