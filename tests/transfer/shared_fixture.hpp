#pragma once
// Shared bodies in tests: generated content, readers that collect it, event loops on threads of their own.

#include "faulty_origin/content.hpp"
#include "support/run_sync.hpp"
#include "transfer/shared_resource.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <random>
#include <string>
#include <thread>

namespace millrace::transfer {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::shared_ptr<shared_resource> make_shared_resource(byte_range range,
                                                             async::memory_budget::reservation reserved) {
  resource what;
  if (range.end != shared_resource::unknown_end) what.total = range.end;
  return std::make_shared<shared_resource>(what, url::parse("http://192.0.2.1/a.ts").value(), range,
                                           std::move(reserved));
}

/// All bytes from `position` on, up to the end of the body.
inline async::awaitable<void> read_body(reading& from, byte_offset position, std::string& into) {
  for (;;) {
    const auto piece = from.at(position);
    into += text_of(piece);
    position += piece.size();
    if (!piece.empty()) continue;
    if (from.ended() && position >= from.size()) co_return;
    co_await from.wait_beyond(position);
  }
}

/// An event loop with a thread.
class loop_thread {
 public:
  ~loop_thread() {
    guard_.reset();
    thread_.join();
  }
  boost::asio::io_context loop{1};

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{loop.get_executor()};
  std::thread thread_{[this] { loop.run(); }};
};

/// Until it holds, for at most half a minute.
template <class Condition>
bool eventually(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace millrace::transfer
