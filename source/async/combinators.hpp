#pragma once
// Small awaitable combinators.

#include "async/token.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <optional>

namespace millrace::async {

/// `operation`'s value, or nullopt when it took longer than `limit` and has been cancelled (it has ended by
/// then). For rare steps such as connecting: it starts a coroutine. An exception of the operation passes
/// through.
template <class T>
awaitable<std::optional<T>> with_timeout(std::chrono::steady_clock::duration limit, awaitable<T> operation) {
  const auto on = co_await asio::this_coro::executor;
  asio::steady_timer timer(on, limit);
  auto [order, failure, value, timer_error] =
      co_await asio::experimental::make_parallel_group(
          asio::co_spawn(on, std::move(operation), asio::deferred), timer.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (order[0] == 1 && !timer_error) co_return std::nullopt;
  if (failure) std::rethrow_exception(failure);
  co_return std::optional<T>(std::move(value));
}

/// Waits; throws operation_aborted when cancelled.
inline awaitable<void> sleep_for(std::chrono::steady_clock::duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace millrace::async
