#pragma once
// Structured concurrency: children that cannot outlive the scope that started them.

#include "async/event.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <functional>
#include <list>

namespace millrace::async {

/// Coroutines that run beside their owner on one event loop. The owner joins before it destroys the group:
/// with_task_group() does that for scopes; only the listener keeps one by hand.
class task_group {
 public:
  explicit task_group(const executor& on) : executor_(on), changed_(on) {}
  ~task_group();
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// Starts a child. The first exception of a child (other than operation_aborted) is thrown by join().
  void spawn(awaitable<void> child);
  /// Asks all children to end; each throws operation_aborted at its next co_await.
  void cancel(asio::cancellation_type type = asio::cancellation_type::terminal);
  /// Until no child is left, whatever happens: a cancellation of the caller is passed on to the children, and
  /// operation_aborted is thrown when they have ended. Call it with the caller's cancellation state clean.
  awaitable<void> join();

  std::size_t size() const noexcept { return children_.size(); }

 private:
  using child_list = std::list<asio::cancellation_signal>;

  executor executor_;
  event changed_;
  child_list children_;
  std::exception_ptr failure_;
};

/// Runs `body` with a group. When the body has returned or thrown, the children are cancelled and joined,
/// also when the caller has been cancelled. A child that must finish is awaited by the body, with
/// group.join().
awaitable<void> with_task_group(std::function<awaitable<void>(task_group&)> body);

}  // namespace millrace::async
