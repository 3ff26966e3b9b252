#include "upstream/stall_guard.hpp"

#include "support/run_sync.hpp"
#include "support/socket_pair.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

struct fixture {
  fixture() {
    auto [near, far] = test::make_socket_pair(loop, loop);
    link = async::make_tcp_transport(std::move(near));
    peer.emplace(std::move(far));
  }

  stall_guard guard(std::chrono::milliseconds limit) { return {loop.get_executor(), *link, meter, limit}; }

  error_code readable(stall_guard& by) { return test::run_sync(loop, by.wait_readable()); }

  void peer_sends(std::string_view text) { boost::asio::write(*peer, boost::asio::buffer(text)); }

  void drain() {
    std::array<std::byte, 4096> scratch;
    error_code ec;
    while (!ec)
      link->read_now(scratch, ec);
  }

  /// Fills the socket until it takes nothing more.
  void fill() {
    const std::string text(64 * 1024, 'x');
    const boost::asio::const_buffer buffer(text.data(), text.size());
    error_code ec;
    while (!ec)
      link->write_now(std::span(&buffer, 1), ec);
  }

  bool runs_dry() {
    loop.restart();
    loop.poll();
    return loop.stopped();
  }

  boost::asio::io_context loop{1};
  speed_meter meter;
  std::unique_ptr<async::transport> link;
  std::optional<boost::asio::ip::tcp::socket> peer;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stall_guard_test, fixture)

BOOST_AUTO_TEST_CASE(bytes_end_the_wait) {
  {
    auto watching = guard(10s);
    peer_sends("x");
    BOOST_TEST(!readable(watching));
  }
  BOOST_TEST(runs_dry());
}

BOOST_AUTO_TEST_CASE(silence_ends_it_with_a_time_out) {
  for (const auto limit : {50ms, 200ms}) {
    auto watching = guard(limit);
    const auto began = clock_type::now();
    BOOST_TEST(readable(watching) == error_code(errc::read_timeout));
    BOOST_TEST((clock_type::now() - began >= limit));
    // A guard that has struck stays so, and never waits without a limit.
    BOOST_TEST(readable(watching) == error_code(errc::read_timeout));
  }
  BOOST_TEST(runs_dry());
}

BOOST_AUTO_TEST_CASE(each_byte_begins_the_limit_anew) {
  auto watching = guard(400ms);
  const auto began = clock_type::now();
  boost::asio::steady_timer timer(loop);
  const std::function<void()> send_soon = [&] {
    timer.expires_after(100ms);
    timer.async_wait([&](error_code ec) {
      if (!ec) peer_sends("x");
    });
  };
  for (int i = 0; i < 8; ++i) {
    send_soon();
    BOOST_REQUIRE(!readable(watching));
    drain();
  }
  BOOST_TEST((clock_type::now() - began >= 700ms));
}

BOOST_AUTO_TEST_CASE(time_between_the_waits_does_not_count) {
  auto watching = guard(200ms);
  peer_sends("x");
  BOOST_TEST(!readable(watching));
  // The reader is busy elsewhere for longer than the limit.
  loop.restart();
  loop.run_for(500ms);
  BOOST_TEST(!readable(watching));
}

BOOST_AUTO_TEST_CASE(a_full_socket_ends_with_a_time_out) {
  fill();
  auto watching = guard(100ms);
  BOOST_TEST(test::run_sync(loop, watching.wait_writable()) == error_code(errc::read_timeout));
}

BOOST_AUTO_TEST_CASE(low_speed) {
  meter = speed_meter(1000, 1);
  auto watching = guard(20s);
  peer_sends("x");
  BOOST_TEST(!readable(watching));
  drain();
  watching.received(1);
  const auto began = clock_type::now();
  BOOST_TEST(readable(watching) == error_code(errc::low_speed));
  BOOST_TEST((clock_type::now() - began < 10s));
}

BOOST_AUTO_TEST_CASE(waiting_for_a_head_is_no_low_speed) {
  meter = speed_meter(1000, 1);
  auto watching = guard(1500ms);
  BOOST_TEST(readable(watching) == error_code(errc::read_timeout));
}

BOOST_AUTO_TEST_CASE(a_cancelled_transport_ends_the_wait) {
  auto watching = guard(20s);
  boost::asio::steady_timer timer(loop, 20ms);
  timer.async_wait([&](error_code) { link->cancel(); });
  BOOST_TEST(readable(watching) == error_code(boost::asio::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE(cancelled_nothing_is_left) {
  bool done = false;
  {
    boost::asio::cancellation_signal signal;
    auto watching = guard(20s);
    boost::asio::co_spawn(loop, watching.wait_readable(),
                          boost::asio::bind_cancellation_slot(
                              signal.slot(), [&](std::exception_ptr, error_code) { done = true; }));
    loop.poll();
    BOOST_TEST(!done);
    boost::asio::post(loop, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
    for (int i = 0; i < 1000 && !done; ++i) {
      loop.restart();
      loop.run_one_for(10ms);
    }
    BOOST_TEST(done);
  }
  BOOST_TEST(runs_dry());
}

BOOST_AUTO_TEST_SUITE_END()
