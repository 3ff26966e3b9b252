#pragma once
// The vocabulary of every coroutine in millrace.
//
// Write `co_await` alone: a statement, the right side of one initialiser, or `co_return co_await`.

#include "core/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace millrace::async {

namespace asio = boost::asio;

template <class T = void>
using awaitable = asio::awaitable<T>;
using executor = asio::any_io_executor;

/// Completion token: errors come back in the tuple instead of as exceptions. A coroutine that was cancelled
/// still throws system_error(operation_aborted) at its next co_await; only a scope that must clean up resets
/// that.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace millrace::async
