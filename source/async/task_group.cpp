#include "async/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cassert>
#include <vector>

namespace millrace::async {

namespace {

bool is_abort(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

task_group::~task_group() {
  assert(children_.empty());
}

void task_group::spawn(awaitable<void> child) {
  const auto entry = children_.emplace(children_.end());
  asio::co_spawn(executor_, std::move(child),
                 asio::bind_cancellation_slot(entry->slot(), [this, entry](std::exception_ptr failure) {
                   if (failure && !failure_ && !is_abort(failure)) failure_ = failure;
                   children_.erase(entry);
                   changed_.notify();
                 }));
}

void task_group::cancel(asio::cancellation_type type) {
  // A cancelled child may end at once and erase itself: walk over a copy.
  std::vector<asio::cancellation_signal*> signals;
  for (auto& child : children_)
    signals.push_back(&child);
  for (auto* signal : signals) {
    const bool alive =
        std::any_of(children_.begin(), children_.end(), [&](auto& child) { return &child == signal; });
    if (alive) signal->emit(type);
  }
}

awaitable<void> task_group::join() {
  bool cancelled = false;
  while (!children_.empty()) {
    co_await changed_.try_wait();
    // A cancellation may also have come after the notification: the state tells, not the outcome of the wait.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none) continue;
    cancelled = true;
    co_await asio::this_coro::reset_cancellation_state();
    cancel();
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

awaitable<void> with_task_group(std::function<awaitable<void>(task_group&)> body) {
  const auto on = co_await asio::this_coro::executor;
  task_group group(on);
  std::exception_ptr failure;
  try {
    co_await body(group);
  } catch (...) {
    failure = std::current_exception();
  }
  const auto state = co_await asio::this_coro::cancellation_state;
  const bool cancelled = state.cancelled() != asio::cancellation_type::none;
  co_await asio::this_coro::reset_cancellation_state();
  group.cancel();
  try {
    co_await group.join();
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  if (failure) std::rethrow_exception(failure);
  if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace millrace::async
