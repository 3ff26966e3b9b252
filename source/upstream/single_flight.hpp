#pragma once
// One operation at a time per key, on all event loops: who comes meanwhile waits for its outcome.

#include "async/event.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

namespace millrace::upstream {

/// Thread-safe. The leader runs the operation and tells its outcome to all who joined before that; whoever
/// joins later leads anew. T is copied for each of them. The event loops must outlive the waiting.
///
///   auto turn = flights.join(key);
///   if (auto* waiting = std::get_if<ticket>(&turn)) {
///     auto outcome = co_await waiting->wait();  // nullopt: join again
///   } else {
///     …; std::get<lead>(turn).finish(outcome);
///   }
template <class T>
class single_flight {
  struct flight;
  struct registration;

 public:
  /// Held by the one that runs the operation. Destroyed without finish() (a cancelled request), it leaves
  /// those who wait without an outcome, and the first of them to join again leads.
  class lead {
   public:
    lead(lead&&) noexcept = default;
    lead& operator=(lead&&) = delete;
    lead(const lead&) = delete;
    lead& operator=(const lead&) = delete;
    ~lead() {
      if (flight_) in_->end(key_, *flight_, std::nullopt);
    }

    /// Keep the outcome where others look first, then tell it. At most once.
    void finish(T outcome) {
      const auto ended = std::exchange(flight_, nullptr);
      in_->end(key_, *ended, std::move(outcome));
    }

   private:
    friend single_flight;
    lead(single_flight& in, std::string key, std::shared_ptr<flight> begun)
        : in_(&in), key_(std::move(key)), flight_(std::move(begun)) {}

    single_flight* in_;
    std::string key_;
    std::shared_ptr<flight> flight_;
  };

  /// A claim to the outcome of an operation that is under way. It is not missed, whenever wait() is called.
  class ticket {
   public:
    /// The leader's outcome; nullopt when it has left without one. Throws operation_aborted when cancelled.
    async::awaitable<std::optional<T>> wait() const { return wait_for(flight_); }

   private:
    friend single_flight;
    explicit ticket(std::shared_ptr<flight> joined) : flight_(std::move(joined)) {}

    std::shared_ptr<flight> flight_;
  };

  std::variant<lead, ticket> join(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    auto& found = flights_[key];
    if (found) return ticket(found);
    found = std::make_shared<flight>();
    return lead(*this, key, found);
  }

 private:
  struct waiter {
    async::executor on;
    std::weak_ptr<async::event> told;
  };
  using waiter_map = std::unordered_map<const async::event*, waiter>;

  struct flight {
    std::mutex mutex;
    bool over = false;
    std::optional<T> outcome;  ///< never changes once `over`
    waiter_map waiters;
  };

  /// Leaving the scope is leaving the flight.
  struct registration {
    registration(std::shared_ptr<flight> in, const async::executor& on)
        : joined(std::move(in)), told(std::make_shared<async::event>(on)) {
      const std::scoped_lock lock(joined->mutex);
      over = joined->over;
      if (!over) joined->waiters.emplace(told.get(), waiter{on, told});
    }
    ~registration() {
      const std::scoped_lock lock(joined->mutex);
      joined->waiters.erase(told.get());
    }
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;

    std::shared_ptr<flight> joined;
    std::shared_ptr<async::event> told;
    bool over;
  };

  static async::awaitable<std::optional<T>> wait_for(std::shared_ptr<flight> joined) {
    const async::executor here = co_await async::asio::this_coro::executor;
    const registration waiting(joined, here);
    if (!waiting.over) co_await waiting.told->wait();
    co_return joined->outcome;
  }

  void end(const std::string& key, flight& ended, std::optional<T> outcome) {
    {
      const std::scoped_lock lock(mutex_);
      flights_.erase(key);
    }
    waiter_map waiters;
    {
      const std::scoped_lock lock(ended.mutex);
      ended.outcome = std::move(outcome);
      ended.over = true;
      waiters.swap(ended.waiters);
    }
    for (auto& [event, each] : waiters) {
      async::asio::post(each.on, [told = std::move(each.told)] {
        if (const auto waits = told.lock()) waits->notify();
      });
    }
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<flight>> flights_;
};

}  // namespace millrace::upstream
