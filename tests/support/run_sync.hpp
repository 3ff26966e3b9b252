#pragma once
// Runs one coroutine to its end on an event loop of its own.

#include "async/token.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>

namespace millrace::test {

/// Returns what the coroutine returns or throws what it throws. A test that hangs fails after `limit`.
template <class T>
T run_sync(boost::asio::io_context& loop, async::awaitable<T> operation,
           std::chrono::steady_clock::duration limit = std::chrono::seconds(60)) {
  std::exception_ptr failure;
  bool done = false;
  const auto run = [&] {
    loop.restart();
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done && std::chrono::steady_clock::now() < deadline) {
      if (loop.run_one_until(deadline) == 0) break;
    }
    if (!done) throw std::runtime_error("the coroutine did not end in time");
    if (failure) std::rethrow_exception(failure);
  };
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(loop, std::move(operation), [&](std::exception_ptr error) {
      failure = error;
      done = true;
    });
    run();
  } else {
    std::optional<T> value;
    boost::asio::co_spawn(loop, std::move(operation), [&](std::exception_ptr error, T outcome) {
      failure = error;
      if (!error) value.emplace(std::move(outcome));
      done = true;
    });
    run();
    return std::move(*value);
  }
}

template <class T>
T run_sync(async::awaitable<T> operation) {
  boost::asio::io_context loop(1);
  return run_sync(loop, std::move(operation));
}

}  // namespace millrace::test
