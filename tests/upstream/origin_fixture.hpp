#pragma once
// One event loop with all that upstream operations need, and a scripted origin to ask.

#include "faulty_origin/server.hpp"
#include "support/run_sync.hpp"
#include "upstream/range_fetch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

namespace millrace::upstream {

template <class T>
async::awaitable<void> store(async::awaitable<T> operation, std::optional<T>& into) {
  into.emplace(co_await std::move(operation));
}

/// All bytes of a body that are left; `ec` tells how it ended.
inline async::awaitable<std::string> read_all(exchange& from, error_code& ec) {
  std::string text;
  std::array<std::byte, 20'000> scratch;
  for (;;) {
    ec = {};
    if (!from.ready()) ec = co_await from.wait_body();
    if (ec) co_return text;
    const auto count = from.read_body(scratch, ec);
    text.append(reinterpret_cast<const char*>(scratch.data()), count);
    if (ec && ec != async::asio::error::would_block) break;
  }
  if (ec == async::asio::error::eof) ec = {};
  co_return text;
}

/// Reading the system's certificates takes long: once is enough.
inline async::tls_context& shared_tls() {
  static async::tls_context made("", true);
  return made;
}

struct origin_fixture {
  origin_fixture() {
    config.upstream.backoff_first = std::chrono::milliseconds(5);
    config.upstream.backoff_limit = std::chrono::milliseconds(20);
  }
  /// Whatever a test did, nothing may be left of it: no operation, no block, no share of the memory.
  ~origin_fixture() {
    settle();
    BOOST_TEST(loop.stopped(), "operations are still under way");
    BOOST_TEST(blocks.in_use() == 0u);
    BOOST_TEST(buffers.used() == 0u);
    pool.close_all();
  }
  origin_fixture(const origin_fixture&) = delete;
  origin_fixture& operator=(const origin_fixture&) = delete;

  /// Runs what is ready now.
  void settle() {
    loop.restart();
    loop.poll();
  }

  template <class T>
  T run(async::awaitable<T> operation) {
    std::optional<T> value;
    test::run_sync(loop, store(std::move(operation), value));
    return std::move(*value);
  }
  void run(async::awaitable<void> operation) { test::run_sync(loop, std::move(operation)); }

  /// Runs until `now` holds, then cancels and runs to the end. True when the operation was cancelled, false
  /// when it had ended before.
  bool run_and_cancel(async::awaitable<void> operation, const std::function<bool()>& now) {
    boost::asio::cancellation_signal signal;
    bool done = false, told = false, cancelled = false;
    loop.restart();
    boost::asio::co_spawn(
        loop, std::move(operation),
        boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { done = true; }));
    step_until([&] { return done || now(); });
    // From inside the loop: emitted outside, the cancellation would be posted and could come after the end.
    boost::asio::post(loop, [&] {
      told = true;
      if (done) return;
      cancelled = true;
      signal.emit(boost::asio::cancellation_type::terminal);
    });
    step_until([&] { return done && told; });
    return cancelled;
  }

  /// Runs the loop until the condition holds, for at most half a minute.
  void step_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      BOOST_REQUIRE(std::chrono::steady_clock::now() < deadline);
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(2));
    }
  }

  url at(const std::string& target) const { return url::parse(server.url(target)).value(); }
  request_profile profile() const { return {.given = {}, .credential_origin = {}, .user_agent = "test"}; }
  std::string request(const std::string& target, const wanted& bytes = wanted_all{}) const {
    return profile().compose(at(target), bytes);
  }
  fetch_result<exchange> ask(const std::string& target, const wanted& bytes = wanted_all{}) {
    const auto where = at(target);
    const auto text = request(target, bytes);
    return run(send_request(with, where, text));
  }
  /// The rest of the body, which must be whole.
  std::string body_of(exchange& from) {
    error_code ec;
    auto text = run(read_all(from, ec));
    BOOST_TEST(!ec, ec.message() << " after " << text.size() << " bytes");
    return text;
  }

  async::block_pool blocks;
  boost::asio::io_context loop{1};
  async::executor here = loop.get_executor();
  settings config;
  address_policy policy{{"loopback"}, {}};
  dns_cache dns;
  async::tls_context& tls = shared_tls();
  connector network{config.upstream, policy, dns, tls};
  connection_pool pool{network, config.upstream};
  origin_budget budget{config.upstream.overload_memory};
  url_memory memory{100};
  async::memory_budget buffers{64U << 20U};
  registry::statistics counters;
  services with{config, network, pool, budget, memory, buffers, counters, blocks};
  origin::server server;
};

}  // namespace millrace::upstream
